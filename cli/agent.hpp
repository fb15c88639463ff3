// pncp-cli agent ID: everything known of one agent, and why it is offline. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb agent_verb();
[[nodiscard]] ExitCode run_agent(const Call& call);

}  // namespace pncp::cli
