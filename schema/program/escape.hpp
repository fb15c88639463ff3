// Makes text that came from elsewhere safe to print on one line of a terminal or a log. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pncp {

/// Replaces everything that could forge a line or steer a terminal by `\n`, `\r`, `\t` or `\xNN`: C0 and C1
/// control characters, DEL, bytes that are not UTF-8, line and paragraph separators, and marks that reverse
/// the direction of text. Printable text in any script passes unchanged. Idempotent.
[[nodiscard]] std::string escape_controls(std::string_view text);

/// Length in bytes, 1 to 4, of the well-formed UTF-8 character that the text begins with; 0 when it begins
/// with none (a stray or missing continuation, an overlong form, a surrogate) or is empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Appends one byte as `\n`, `\r`, `\t` or `\xNN`.
void append_escaped_byte(std::string& out, std::uint8_t byte);

}  // namespace pncp
