// pncp-cli history AGENT METRIC: the course of one number, from the broker's journal. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb history_verb();
[[nodiscard]] ExitCode run_history(const Call& call);

}  // namespace pncp::cli
