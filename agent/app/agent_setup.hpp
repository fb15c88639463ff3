// From settings and key file to what the agent runs with. Start-up only; main's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/builtin/interval.hpp"
#include "agent/executor/catalogue.hpp"
#include "agent/sampler/groups.hpp"
#include "agent/script/script_spec.hpp"
#include "schema/key_file.hpp"
#include "schema/program/settings.hpp"

namespace pncp::agent {

/// The table of settings: /etc/pncp/agent.toml, PNCP_* and flags.
[[nodiscard]] Program agent_program();

struct AgentSetup {
    KeyFile key;
    std::string key_path;  ///< where it was read, and where its next generation is written
    std::string endpoint;  ///< of the broker: tcp:// (CURVE) or ipc:// (guarded by its folder)
    std::int64_t sample_interval_ms = 0;
    std::size_t spool_bytes = 0;
    std::string spool_path;  ///< "" = the spool is in memory, and nothing is written
    std::uint64_t spool_max = 0;
    std::int64_t spill_after_ms = 0;
    GroupIntervals intervals;
    IntervalLimits interval_limits;  ///< of what the command `interval` may set
    double sd_endurance_tb = 0;
    std::vector<std::string> tags;      ///< "name=value"
    std::vector<CommandSpec> commands;  ///< beyond the built-in ones, sorted by name
    std::vector<ScriptSpec> scripts;    ///< sorted by name
};

/// Reads the key file and the files of commands, and checks everything that a table of settings can't. Errors
/// name the file or setting.
[[nodiscard]] Result<AgentSetup> prepare_agent(const Settings& settings);

}  // namespace pncp::agent
