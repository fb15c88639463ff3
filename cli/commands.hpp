// pncp-cli commands: what can be sent, and how many agents offer it. One thread.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb commands_verb();

}  // namespace pncp::cli
