// "Did you mean …?": the nearest of the words that would have been right. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pncp {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest candidate if it is near enough to be a misspelling (a third of its length, at least 1), else
/// nullopt.
[[nodiscard]] std::optional<std::string> suggest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// Sorts the words by their distance from `word`, equally near ones as they stood, and keeps the first
/// `most`.
void nearest_first(std::vector<std::string>& words, std::string_view word, std::size_t most);

/// "; did you mean X?" or nothing: to be appended to a message.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace pncp
