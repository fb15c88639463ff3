// What one text has that another has not, as `diff -u` writes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pncp::cli {

/// Hunks "@@ -1,3 +1,4 @@" with three lines of context; "" when the lines are the same. The result is a
/// shortest script, unless the texts differ in more than kDiffEdits lines: then their middles are replaced
/// whole, so that hostile outputs cost no time. A missing line break at the end does not count.
[[nodiscard]] std::string unified_diff(std::string_view from, std::string_view to);

/// Work and memory grow with its square: a thousand is some 4 MB and a few milliseconds.
inline constexpr int kDiffEdits = 1'000;

}  // namespace pncp::cli
