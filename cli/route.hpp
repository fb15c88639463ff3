// Which broker to talk to, and as whom: from the settings, the machine, and the key file. Reads that one
// file; any thread.
#pragma once

#include <string>
#include <variant>

#include "cli/broker_link.hpp"
#include "schema/key_file.hpp"
#include "schema/program/run_dir.hpp"
#include "schema/program/settings.hpp"

namespace pncp::cli {

/// What the broker writes into its run folder for local use.
inline constexpr const char* kLocalKeyName = "operator-local.key";
inline constexpr const char* kControlSocketName = "control.sock";

struct Route {
    KeyFile key;
    std::string endpoint;
};

/// --key-file with its own control endpoint, or the local key and socket; broker.control overrides the
/// endpoint. Failures: broker_unreachable when no broker runs here, configuration when a key can't be used.
[[nodiscard]] std::variant<Route, Failure> choose_route(const Settings& settings, const Place& place);

/// Why there is no local key: `closed` when the folder exists but doesn't let this user in.
[[nodiscard]] Failure no_local_key(const std::string& folder, bool closed);

}  // namespace pncp::cli
