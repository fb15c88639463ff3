// pncp-cli agents: who is there, and how each does. One thread.
#pragma once

#include <string>
#include <vector>

#include "cli/render_json.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb agents_verb();

/// {"name", "state", "last_seen", "last_seen_us", "reason", "version", "clock_offset_us", "clock_synced",
/// "catalogue", "model", "address", "tags", "temperature", "throttled"}, rows of a list or a document of
/// {"agents": [rows]}. `last_seen` is null for an agent that was never there, `temperature` (°C) and
/// one that does not tell; `throttled` lists what is so now.
[[nodiscard]] std::string json_agents(const std::vector<AgentRow>& rows, JsonForm form);

}  // namespace pncp::cli
