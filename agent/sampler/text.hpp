// Splitting the kernel's text files into lines, words and numbers without copying or allocating.
// Pure functions on views; every view returned points into the text that was passed in. Hostile text gives
// nullopt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pncp::proc {

/// Takes the next line, without its newline, off the front of `text`. A last line without a newline is not
/// returned: in a text that was cut off it may hold half a number, and the kernel ends every line.
[[nodiscard]] std::optional<std::string_view> next_line(std::string_view& text);

/// Takes the next word off the front of `line`, skipping blanks and tabs before it; empty at the end of the
/// line.
[[nodiscard]] std::string_view next_word(std::string_view& line);

/// `word` without blanks, tabs and newlines at either end.
[[nodiscard]] std::string_view trimmed(std::string_view word);

/// All of `word` as a decimal number; nullopt if it is empty, signed, too large or has anything else in it.
[[nodiscard]] std::optional<std::uint64_t> to_unsigned(std::string_view word);

/// All of `word` as a decimal number that fits a field of InfluxDB, with an optional minus sign.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view word);

/// All of `word` as a finite decimal fraction that is not negative.
[[nodiscard]] std::optional<double> to_fraction(std::string_view word);

/// Length in bytes (1 to 4) of the valid UTF-8 character at the front of `text`; 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// `text` with control characters and bytes that are not UTF-8 written as `\xNN`, so that a name chosen by
/// somebody else can neither break a line nor drive a terminal.
[[nodiscard]] std::string visible_text(std::string_view text);

}  // namespace pncp::proc
