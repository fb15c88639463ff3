// A line of pncp_log.txt as a person reads it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cli/text.hpp"

namespace pncp::cli {

/// "2026-01-31T12:00:00.123Z  pi-1  RESULT  lslogs finished, exit code 0 (12 ms)" with a line break; "" for
/// what is no message (a header, nonsense). One line whatever the log holds.
[[nodiscard]] std::string log_line_text(std::string_view line, const Style& style);

}  // namespace pncp::cli
