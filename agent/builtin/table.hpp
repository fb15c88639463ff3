// Text in aligned columns for the built-in commands. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pncp::builtin {

enum class Align : std::uint8_t { left, right };

/// Lines of `rows` (the first is the heading) with columns as wide as their widest cell, two blanks apart; no
/// blanks at a line's end. Every row has as many cells as `columns`. Widths count UTF-8 characters.
[[nodiscard]] std::string aligned(const std::vector<Align>& columns,
                                  const std::vector<std::vector<std::string>>& rows);

/// Bytes for people: three digits or so and a power of 1024, "0B", "512B", "1.5K", "29G".
[[nodiscard]] std::string human_bytes(std::int64_t bytes);

}  // namespace pncp::builtin
