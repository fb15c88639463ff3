// The answer of `pncp-cli agent ID`: everything known, as text and as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/agent_history.hpp"
#include "cli/render_json.hpp"
#include "cli/text.hpp"

namespace pncp::cli {

struct AgentReport {
    AgentRow row;
    std::vector<CommandRow> commands;
    AgentHistory history{0};
    std::int64_t now_us = 0;
};

[[nodiscard]] std::string render_agent(const AgentReport& report, const Style& style);

/// The fields of json_agents(), and "boot_id", "why": [sentences], "sample": null or {"time", "cpu_percent",
/// "memory_percent", "disk_percent", "load1", "uptime_s", "temperature", "throttled"}, "running":
/// [{"command", "arguments", "state", "since", "job", "operator"}], "commands": [names], "events": [events as
/// in the log].
[[nodiscard]] std::string json_agent_report(const AgentReport& report, JsonForm form);

}  // namespace pncp::cli
