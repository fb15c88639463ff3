// pncp-cli alerts: which of the broker's rules hold, and which held. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb alerts_verb();
[[nodiscard]] ExitCode run_alerts(const Call& call);

}  // namespace pncp::cli
