// pncp-cli completion: the shells' scripts, and what those scripts ask. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb completion_verb();
[[nodiscard]] ExitCode run_completion(const Call& call);

}  // namespace pncp::cli
