// pncp-cli log: reads, checks and replays what pncp-log-writer wrote. One thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb log_verb();
[[nodiscard]] ExitCode run_log(const Call& call);

// --- its parts, one file each; `files` are what was named, which may be none ---

[[nodiscard]] ExitCode run_log_verify(const Call& call, const std::vector<std::string>& files);
[[nodiscard]] ExitCode run_log_show(const Call& call, const std::vector<std::string>& files);
[[nodiscard]] ExitCode run_log_replay(const Call& call, const std::vector<std::string>& files);

/// The live file of the log writer here; which, and why, is printed on stderr.
[[nodiscard]] Result<std::string> live_log(const Call& call);
/// The files named, or all of the log writer's here, oldest first.
[[nodiscard]] std::variant<std::vector<std::string>, ExitCode> log_files(
    const Call& call, const std::vector<std::string>& files);

/// Hands a log to subscribers at a Unix socket (log_feed.cpp), and to InfluxDB through its own program, which
/// takes this one's place (log_exec.cpp).
[[nodiscard]] ExitCode replay_to_feed(const Call& call, const std::vector<std::string>& files,
                                      const std::string& endpoint);
[[nodiscard]] ExitCode replay_to_store(const Call& call, const std::vector<std::string>& files,
                                       const std::string& url);

}  // namespace pncp::cli
