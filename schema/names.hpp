// The names peers may bear: ids, roles, command names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pncp {

enum class Role : std::uint8_t { agent = 1, operator_ = 2, subscriber = 3 };

/// "agent", "operator" or "subscriber".
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

/// True for `[a-z0-9][a-z0-9.-]{0,62}`: what an agent, an operator or a subscriber may be called.
[[nodiscard]] bool valid_id(std::string_view id);

/// True for `[a-z][a-z0-9_-]{0,31}`: what a command may be called.
[[nodiscard]] bool valid_command_name(std::string_view name);

/// True for a measurement of PNCP's own (`cpu`, `agent_status`, `pncp`, `pi_…`). A command that a user adds
/// may not be called so, because its output is stored in the measurement of its name. Only the built-in
/// `disk` and `metrics` are both.
[[nodiscard]] bool is_measurement(std::string_view name);

/// Who a connection is, as CURVE proved it; also the key of the list of peers.
struct PeerName {
    Role role = Role::agent;
    std::string id;
    std::uint16_t generation = 1;
    auto operator<=>(const PeerName&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy errs

    /// "role/id/generation", which is the ZAP User-Id.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<PeerName> parse(std::string_view text);
};

}  // namespace pncp
