// Numbers, durations and sizes as people write them. Pure; every failure is a phrase that completes "X ...".
#pragma once

#include <cstdint>
#include <string_view>

#include "schema/result.hpp"

namespace pncp {

/// Whole decimal number that fits 64 bits, with an optional minus sign; underscores and spaces are refused.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text);

/// Finite decimal number, such as 0.5 or 1e3.
[[nodiscard]] Result<double> parse_number(std::string_view text);

/// "true", "yes", "on", "1" and their opposites.
[[nodiscard]] Result<bool> parse_flag(std::string_view text);

/// Milliseconds from a whole number and a unit: ms, s, m, h, d, w. A bare 0 is zero; any other number needs
/// its unit.
[[nodiscard]] Result<std::int64_t> parse_duration_ms(std::string_view text);

/// Bytes from a whole number and a unit: none or B; kB, MB, GB, TB (powers of 1000); KiB, MiB, GiB, TiB (of
/// 1024). Upper and lower case count alike.
[[nodiscard]] Result<std::int64_t> parse_size_bytes(std::string_view text);

}  // namespace pncp
