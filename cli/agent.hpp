// pncp-cli agent ID: everything known of one agent, and why it is offline. One thread.
#pragma once

#include <string>
#include <variant>

#include "cli/broker_link.hpp"
#include "cli/verbs.hpp"
#include "schema/control_messages.hpp"

namespace pncp::cli {

[[nodiscard]] Verb agent_verb();
[[nodiscard]] ExitCode run_agent(const Call& call);

/// What the broker tells of the agent `id`; otherwise reports what is wrong (exit code 2: nobody is called
/// that).
[[nodiscard]] std::variant<AgentRow, ExitCode> find_agent(const Call& call, BrokerLink& link,
                                                          const std::string& id);

}  // namespace pncp::cli
