// What completion knows of the fleet without asking anybody: names that ordinary runs of `agents`,
// `commands`, `send` and `jobs` saw, in ~/.cache/pncp/BROKER/. A cache that can't be written or read is no
// error anywhere. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/verbs.hpp"
#include "schema/control_messages.hpp"

namespace pncp::cli {

struct KnownJob {
    std::string id;  ///< all 32 digits
    std::int64_t time_us = 0;
    std::string command;
};
/// Who comes back to a job does so soon; `pncp-cli jobs` lists as much.
inline constexpr std::int64_t kKnownJobUs = 86'400'000'000;

struct KnownWords {
    std::vector<std::string> agents = {};
    std::vector<std::string> tags = {};  ///< "role=camera"
    std::vector<CommandRow> commands = {};
    std::vector<KnownJob> jobs = {};  ///< newest first
};

/// Where the words of the broker that these settings mean are kept; "" for a user without a home. Each broker
/// has its own folder, named after what chooses it.
[[nodiscard]] std::string word_folder(const std::string& cache_home, const Settings& settings);

/// Called with complete lists. Writes only when something changed.
void remember_agents(const Call& call, const std::vector<AgentRow>& rows);
void remember_commands(const Call& call, const std::vector<CommandRow>& rows);
/// Adds names that a job has shown, for people who only ever send.
void remember_names(const Call& call, const std::vector<std::string>& agents);
/// Adds jobs, and forgets those that are older than kKnownJobUs.
void remember_jobs(const Call& call, std::vector<KnownJob> jobs);

[[nodiscard]] KnownWords known_words(const std::string& cache_home, const Settings& settings);

}  // namespace pncp::cli
