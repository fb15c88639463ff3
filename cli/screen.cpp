#include "cli/screen.hpp"

#include <algorithm>
#include <utility>

namespace pncp::cli {

std::string Screen::draw(std::vector<std::string> lines) {
    std::string out;
    if (!std::exchange(known_, true)) {
        shown_.clear();
        out += "\033[2J";
    }
    const std::size_t rows = std::max(lines.size(), shown_.size());
    lines.resize(rows);
    shown_.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        if (lines[row] == shown_[row]) continue;
        // The rest is cleared first: after a line that fills the row the cursor waits on its last column.
        out += "\033[" + std::to_string(row + 1) + ";1H\033[2K" + lines[row] + "\033[0m";
    }
    shown_ = std::move(lines);
    return out;
}

}  // namespace pncp::cli
