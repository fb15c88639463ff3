// Brokers by name. ~/.config/pncp/contexts.toml holds what differs between them, so that `--context home`
// stands for a key file and an address:
//
//   current = "home"                 # what holds without --context; absent: the broker on this machine
//   [context.home]
//   key_file = "home.key"            # relative to this file's folder
//   broker.control = "tcp://10.0.0.2:17472"
//
// Parsing and formatting are pure; applying reads that one file. Nobody with one broker needs it. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/program/settings.hpp"
#include "schema/result.hpp"

namespace pncp::cli {

/// The name that always means: the broker on this machine, by its Unix socket.
inline constexpr std::string_view kLocalContext = "local";

struct Context {
    std::string name;
    /// Of context_keys(), in their order, each at most once.
    std::vector<std::pair<std::string, std::string>> values = {};

    [[nodiscard]] const std::string* find(std::string_view key) const;
};

struct Contexts {
    std::string current = {};  ///< "" = local
    std::vector<Context> all = {};

    [[nodiscard]] const Context* find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;
};

/// The settings that a context may hold: those which say which broker is spoken to, and as whom.
[[nodiscard]] const std::vector<std::string>& context_keys();

/// Lower-case letters, digits, dashes and underscores, at most 63.
[[nodiscard]] bool valid_context_name(std::string_view name);

/// `file` is for messages; an error names line and key.
[[nodiscard]] Result<Contexts> parse_contexts(std::string_view text, const std::string& file);
[[nodiscard]] std::string format_contexts(const Contexts& contexts);

/// "…/pncp/contexts.toml", or "" for a user without a home.
[[nodiscard]] std::string contexts_path(const std::string& config_home);

/// An absent file has no contexts.
[[nodiscard]] Result<Contexts> read_contexts(const std::string& config_home);
[[nodiscard]] Status write_contexts(const std::string& config_home, const Contexts& contexts);

/// The context that holds for these settings: the one named by --context, else the current one unless a flag
/// or a variable names the broker anyway; "" = none.
[[nodiscard]] std::string context_in_force(const Settings& settings, const Contexts& contexts);

/// Sets what the context in force says. Flags stand above it; variables stand above the current one, but not
/// above --context. What it does not say about the broker is what is usual, not what cli.toml says.
[[nodiscard]] Status apply_context(Settings& settings, const std::string& config_home);

}  // namespace pncp::cli
