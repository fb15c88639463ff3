// pncp-cli top: a full-screen live view. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb top_verb();
[[nodiscard]] ExitCode run_top(const Call& call);

}  // namespace pncp::cli
