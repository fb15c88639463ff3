#include "cli/progress.hpp"

#include <algorithm>
#include <utility>

#include "cli/name_folder.hpp"
#include "cli/text.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kBar = 20;
/// More names than ever fit on a line are not worth folding ten times a second.
constexpr std::size_t kNamesFolded = 200;

std::string bar_of(const ProgressState& state) {
    const std::uint64_t whole = std::max<std::uint64_t>(state.targets, 1);
    const auto filled = static_cast<std::size_t>(kBar * std::min(state.ended, whole) / whole);
    std::string bar(filled, '=');
    if (filled < kBar) bar += '>';
    bar.resize(kBar, ' ');
    return "[" + bar + "]";
}

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t width) {
    std::string text = std::to_string(state.ended) + "/" + std::to_string(state.targets);
    if (state.not_ok > 0) text += "  " + std::to_string(state.not_ok) + " not ok";
    text += "  " + duration_text(state.elapsed_ms / 1000 * 1000);
    if (std::string bar = bar_of(state); bar.size() + 2 + text.size() <= width)
        text = std::move(bar) + " " + text;
    if (!state.out.empty()) {
        auto names = state.out;
        names.resize(std::min(names.size(), kNamesFolded));
        const std::uint64_t named = names.size();
        text += "  out: " + fold_names(std::move(names));
        if (const std::uint64_t all = state.targets - std::min(state.targets, state.ended); all > named)
            text += " and " + std::to_string(all - named) + " more";
    }
    return shortened(text, width);
}

std::string Progress::draw(const ProgressState& state, std::size_t width) {
    std::string bytes = erase(width);
    // The last column stays free: some terminals wrap when it is written.
    const std::string line = progress_line(state, std::max<std::size_t>(width, 2) - 1);
    shown_ = width_of(line);
    return bytes + line;
}

std::string Progress::erase(std::size_t width) {
    const std::size_t shown = std::exchange(shown_, 0);
    if (shown == 0) return {};
    // A terminal that became narrower has wrapped the line.
    const std::size_t rows = (shown + width - 1) / std::max<std::size_t>(width, 1);
    std::string bytes = "\r";
    if (rows > 1) bytes += "\033[" + std::to_string(rows - 1) + "A";
    return bytes + "\033[J";
}

}  // namespace pncp::cli
