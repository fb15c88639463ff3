// Expressions for the broker out of what a person typed: groups filled in from their files. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cli/verbs.hpp"

namespace pncp::cli {

/// `text` with its @groups replaced, from ~/.config/pncp/groups and, for names that it lacks,
/// /etc/pncp/groups. No file is read unless a group is named. A Failure: usage for an unknown group,
/// configuration for a file that can't be read or understood.
[[nodiscard]] std::variant<std::string, Failure> target_text(const World& world, const std::string& text);

/// The items of --to as one expression.
[[nodiscard]] std::string joined_targets(const std::vector<std::string>& items);

/// "5" or "20%".
struct Share {
    std::uint64_t count = 0;
    bool percent = false;
};
/// nullopt for what is neither, for 0, and for more than 100 %.
[[nodiscard]] std::optional<Share> parse_share(std::string_view text);

}  // namespace pncp::cli
