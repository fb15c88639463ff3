// Small things that every rendering needs: text of others made harmless, durations and times as people read
// them, columns, colours. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pncp::cli {

/// How text is to look: decided once, from the options and from what stdout is.
struct Style {
    bool colour = false;
    /// Stdout is a terminal: what devices sent must not control it. Into a pipe or a file their bytes go as
    /// they are.
    bool neutralise = false;
    /// Columns of that terminal; 0: as wide as it takes.
    std::size_t width = 0;
};

/// Escapes everything that could steer a terminal, but leaves line breaks and tabs.
[[nodiscard]] std::string neutralised(std::string_view text);

enum class Colour : std::uint8_t { plain, bold, dim, red, green, yellow };
/// `text` between the sequences of the colour, or as it is without `style.colour`.
[[nodiscard]] std::string coloured(const Style& style, Colour colour, std::string_view text);

/// "850 ms", "12.3 s", "4 min 5 s", "3 h 2 min", "12 d 4 h".
[[nodiscard]] std::string duration_text(std::int64_t duration_ms);

/// "3 s ago"; "never" for 0; "just now" within a second, or from the future.
[[nodiscard]] std::string ago_text(std::int64_t then_us, std::int64_t now_us);

/// "2026-01-31T12:00:00.123Z" of microseconds since 1970.
[[nodiscard]] std::string utc_text(std::int64_t wall_us);

/// Columns that `text` takes on a terminal, near enough: characters, whatever their width.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// At most `width` columns of it; what is cut ends in "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

/// Rows under a header, columns as wide as their widest cell (characters, not bytes), two spaces between; the
/// last column is not padded. Cells are escaped to one line each. Where `style.width` is too narrow, the
/// `soft` columns are cut, the widest first, none below 12 columns.
[[nodiscard]] std::string table_text(const std::vector<std::string>& header,
                                     const std::vector<std::vector<std::string>>& rows, const Style& style,
                                     const std::vector<std::size_t>& soft = {});

/// True when `a` sorts before `b` with runs of digits compared as numbers: pi-2 before pi-10.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);
/// The same order for bytes as they are, but for leading zeros: of many texts it is found once each.
[[nodiscard]] std::string natural_key(std::string_view text);
void natural_sort(std::vector<std::string>& texts);

/// "a, b, c", each escaped.
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");

}  // namespace pncp::cli
