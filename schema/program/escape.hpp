// Makes text that came from elsewhere safe to print on one line of a terminal or a log. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pncp {

/// Replaces everything that could forge a line or steer a terminal by `\n`, `\r`, `\t` or `\xNN`: C0 and C1
/// control characters, DEL, bytes that are not UTF-8, line and paragraph separators, and marks that reverse
/// the direction of text. Printable text in any script passes unchanged. Idempotent.
[[nodiscard]] std::string escape_controls(std::string_view text);

}  // namespace pncp
