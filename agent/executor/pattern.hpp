// Patterns of argument slots: POSIX extended regular expressions (man 7 regex), always matched against the
// whole value, in the C locale. The pattern comes from a file that only root may write, the value from
// anywhere. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp::agent {

/// Longer than any sensible shape of one argument.
inline constexpr std::size_t kPatternBytes = 256;
/// The product of all upper bounds `{n,m}` of a pattern: libc unrolls them when it compiles.
inline constexpr std::size_t kPatternRepeats = 4'096;

/// Whether a pattern may be used; the error completes "pattern ...". Back-references are refused, because
/// matching them can take exponential time.
[[nodiscard]] Status check_pattern(const std::string& pattern);

/// Whether all of `value` (without NUL) matches a pattern that check_pattern() took. It is compiled for this
/// one call: libc keeps every state it meets in a compiled pattern, so hostile values would make it grow.
[[nodiscard]] bool matches_whole(const std::string& pattern, const std::string& value);

}  // namespace pncp::agent
