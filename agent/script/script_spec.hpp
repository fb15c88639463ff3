// Metrics that users add: the [[script]] tables of the files in /etc/pncp/commands.d, read and checked. What
// they name runs as commands do (agent/executor), on a grid of its own. parse_scripts() is pure;
// load_scripts() is for the start, on main's thread.
//
//     [[script]]
//     name = "soil"                          # in events and in pi_script
//     path = "/usr/local/bin/soil"           # absolute; never a shell
//     arguments = ["--bus", "1"]             # as they stand
//     interval = "1m"                        # optional from here on
//     format = "influx"                      # or "json"
//     measurement = "soil"                   # of json; the name when left out
//     timeout = "10s"
//     output = "16KiB"
//     memory = "256MiB"
//     user = "nobody"                        # only when the agent is root
//     enabled = true
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/catalogue.hpp"
#include "agent/executor/catalogue_files.hpp"
#include "agent/script/script_output.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

/// Of one device. Two run at a time, so more would only wait for each other.
inline constexpr std::size_t kScripts = 64;
inline constexpr std::int64_t kScriptIntervalMinMs = 1'000;
inline constexpr std::int64_t kScriptIntervalMaxMs = 7LL * 24 * 3'600'000;

struct ScriptSpec {
    CommandSpec command;  ///< its name, program, fixed arguments and bounds
    std::int64_t interval_ms = 60'000;
    ScriptFormat format = ScriptFormat::influx;
    std::string measurement;  ///< of json
};

/// All scripts of one file, those that are not enabled too; its tables of commands are left out. The error
/// names file, line and what would have been right.
[[nodiscard]] Result<std::vector<ScriptSpec>> parse_scripts(std::string_view text, const std::string& file);

/// The scripts of all files that are enabled, sorted by name; checked as load_catalogue() does.
[[nodiscard]] Result<std::vector<ScriptSpec>> load_scripts(const CatalogueOptions& options);

}  // namespace pncp::agent
