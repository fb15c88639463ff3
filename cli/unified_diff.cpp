#include "cli/unified_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace pncp::cli {
namespace {

constexpr std::size_t kContext = 3;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto stop = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, stop));
        text.remove_prefix(std::min(stop + 1, text.size()));
    }
    return lines;
}

/// A line of the script: ' ' in both, '-' only in the first, '+' only in the second.
struct Step {
    char kind;
    std::string_view line;
};
using Script = std::vector<Step>;

/// E. Myers, "An O(ND) difference algorithm" (1986), greedy form: `furthest[d]` holds, for every diagonal k
/// from -d to d, how far into `a` one comes with d edits. The script is read back from these.
class Myers {
  public:
    Myers(const Lines& a, const Lines& b)
        : a_(a), b_(b), n_(static_cast<int>(a.size())), m_(static_cast<int>(b.size())) {}

    /// Nothing when it takes more than kDiffEdits edits.
    std::optional<Script> script() {
        for (int d = 0; d <= std::min(n_ + m_, kDiffEdits); ++d) {
            furthest_.emplace_back(static_cast<std::size_t>(2 * d + 1));
            for (int k = -d; k <= d; k += 2) {
                int x = begin_of(d, k);
                while (x < n_ && x - k < m_ && x - k >= 0 && a_at(x) == b_at(x - k)) ++x;
                at(d, k) = x;
                if (x >= n_ && x - k >= m_) return read_back(d);
            }
        }
        return std::nullopt;
    }

  private:
    int& at(int d, int k) { return furthest_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)]; }
    [[nodiscard]] std::string_view a_at(int x) const { return a_[static_cast<std::size_t>(x)]; }
    [[nodiscard]] std::string_view b_at(int y) const { return b_[static_cast<std::size_t>(y)]; }

    /// Down (a line of `b` more) from diagonal k + 1, or right (a line of `a` less) from k - 1.
    bool goes_down(int d, int k) { return k == -d || (k != d && at(d - 1, k - 1) < at(d - 1, k + 1)); }
    int begin_of(int d, int k) {
        if (d == 0) return 0;
        return goes_down(d, k) ? at(d - 1, k + 1) : at(d - 1, k - 1) + 1;
    }

    Script read_back(int d) {
        Script script;
        int x = n_;
        int k = n_ - m_;
        for (; d > 0; --d) {
            const bool down = goes_down(d, k);
            const int begin = begin_of(d, k);
            for (; x > begin; --x) script.push_back({' ', a_at(x - 1)});
            script.push_back(down ? Step{'+', b_at(x - k - 1)} : Step{'-', a_at(x - 1)});
            x = down ? x : x - 1;
            k = down ? k + 1 : k - 1;
        }
        for (; x > 0; --x) script.push_back({' ', a_at(x - 1)});
        std::reverse(script.begin(), script.end());
        return script;
    }

    const Lines& a_;
    const Lines& b_;
    int n_;
    int m_;
    std::vector<std::vector<int>> furthest_;
};

/// Lines that both begin or end with are no work for Myers.
Script script_of(const Lines& a, const Lines& b) {
    const std::size_t least = std::min(a.size(), b.size());
    std::size_t head = 0;
    while (head < least && a[head] == b[head]) ++head;
    std::size_t tail = 0;
    while (tail < least - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    const auto middle = [&](const Lines& lines) {
        return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                     lines.end() - static_cast<std::ptrdiff_t>(tail));
    };
    const Lines from = middle(a);
    const Lines to = middle(b);
    Script script;
    for (std::size_t i = 0; i < head; ++i) script.push_back({' ', a[i]});
    if (const auto found = Myers(from, to).script()) {
        script.insert(script.end(), found->begin(), found->end());
    } else {
        for (const std::string_view line : from) script.push_back({'-', line});
        for (const std::string_view line : to) script.push_back({'+', line});
    }
    for (std::size_t i = a.size() - tail; i < a.size(); ++i) script.push_back({' ', a[i]});
    return script;
}

std::string span_text(std::size_t begin, std::size_t count) {
    // An empty span is named by the line before it.
    std::string text = std::to_string(count == 0 ? begin : begin + 1);
    if (count != 1) text += "," + std::to_string(count);
    return text;
}

}  // namespace

std::string unified_diff(std::string_view from, std::string_view to) {
    const Script script = script_of(lines_of(from), lines_of(to));
    std::string out;
    std::size_t old_line = 0;
    std::size_t new_line = 0;
    std::size_t at = 0;
    while (at < script.size()) {
        std::size_t change = at;
        while (change < script.size() && script[change].kind == ' ') ++change;
        if (change == script.size()) break;
        const std::size_t begin = std::max(at, change - std::min(change, kContext));
        old_line += begin - at;
        new_line += begin - at;
        // On to the last change that is within twice the context of the one before.
        std::size_t end = change;
        for (std::size_t i = change; i < script.size() && i <= end + 2 * kContext; ++i)
            if (script[i].kind != ' ') end = i;
        end = std::min(end + 1 + kContext, script.size());
        std::string lines;
        std::size_t gone = 0;
        std::size_t come = 0;
        for (std::size_t i = begin; i < end; ++i) {
            gone += script[i].kind != '+' ? 1 : 0;
            come += script[i].kind != '-' ? 1 : 0;
            lines += script[i].kind;
            lines += script[i].line;
            lines += '\n';
        }
        out += "@@ -" + span_text(old_line, gone) + " +" + span_text(new_line, come) + " @@\n" + lines;
        old_line += gone;
        new_line += come;
        at = end;
    }
    return out;
}

}  // namespace pncp::cli
