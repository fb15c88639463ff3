// Where the log of this machine's log writer is, when nobody names a file. Any thread.
#pragma once

#include <string>

#include "schema/program/run_dir.hpp"
#include "schema/program/settings.hpp"

namespace pncp::cli {

struct LogPlace {
    std::string path;
    std::string why;  ///< what it follows from, such as "log.file in /etc/pncp/log-writer.toml:3"
};

/// --state-dir of this command line; else what the log writer's own settings say (log-writer.toml, .env,
/// environment), since it reads them in the same way; else the usual folder. An error when those settings
/// can't be read, or the user has no home.
[[nodiscard]] Result<LogPlace> log_place(const Settings& cli, const Place& place, const Surroundings& around);

}  // namespace pncp::cli
