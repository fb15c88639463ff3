// An agent's row as JSON. For .cpp files; pure.
#pragma once

#include "cli/json_out.hpp"
#include "schema/control_messages.hpp"

namespace pncp::cli {

[[nodiscard]] Json json_agent(const AgentRow& row);

}  // namespace pncp::cli
