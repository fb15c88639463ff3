#include "schema/program/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pncp {
namespace {

/// No option, key or command is longer; comparing more would let a long word cost time.
constexpr std::size_t kWordBytesMax = 100;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> two_above(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
        }
        std::swap(two_above, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

std::optional<std::string> suggest(std::string_view word, std::span<const std::string> candidates) {
    if (word.size() > kWordBytesMax) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = 0;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance > std::max<std::size_t>(1, candidate.size() / 3)) continue;
        if (best && distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

void nearest_first(std::vector<std::string>& words, std::string_view word, std::size_t most) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    ranked.reserve(words.size());
    for (std::string& each : words) {
        const std::size_t distance = edit_distance(word.substr(0, kWordBytesMax), each);
        ranked.emplace_back(distance, std::move(each));
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    words.clear();
    for (auto& [distance, each] : ranked) {
        if (words.size() == most) break;
        words.push_back(std::move(each));
    }
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
    const auto nearest = suggest(word, candidates);
    return nearest ? "; did you mean " + *nearest + "?" : "";
}

}  // namespace pncp
