#include "agent/builtin/table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <string_view>

namespace pncp::builtin {
namespace {

std::size_t width(std::string_view cell) {
    const auto starts = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
    return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), starts));
}

}  // namespace

std::string aligned(const std::vector<Align>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(columns.size(), 0);
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string padding(widths[i] - width(row[i]), ' ');
            if (i > 0) out += "  ";
            out += columns[i] == Align::left ? row[i] + padding : padding + row[i];
        }
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    }
    return out;
}

std::string human_bytes(std::int64_t bytes) {
    constexpr std::string_view kUnits = "BKMGTPE";
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 999.5 and not 1024: "1023K" has a digit more than "1.0M" and says no more.
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    const int digits = unit > 0 && value < 9.95 ? 1 : 0;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data() + std::string{kUnits[unit]};
}

}  // namespace pncp::builtin
