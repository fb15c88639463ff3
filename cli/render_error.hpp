// The broker's refusals as words and as an exit code. Pure.
#pragma once

#include <string>

#include "schema/control_messages.hpp"
#include "schema/program/exit_codes.hpp"

namespace pncp::cli {

/// What happened, the names that would have been right (nearest first), what to do next; each its own line,
/// escaped.
[[nodiscard]] std::string render_error(const ErrorReply& reply);

/// A name that nobody knows is the caller's mistake (usage); no_target is for an empty set only.
[[nodiscard]] ExitCode error_exit_code(ErrorCode code);

}  // namespace pncp::cli
