// pncp-cli context: lists, shows, adds, removes and chooses brokers by name. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb context_verb();
[[nodiscard]] ExitCode run_context(const Call& call);

}  // namespace pncp::cli
