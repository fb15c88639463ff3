#include "cli/name_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/text.hpp"

namespace pncp::cli {
namespace {

/// Longer runs of digits are serial numbers, and name_ranges does not take them.
constexpr std::size_t kDigitsMax = 9;
/// Numbers of a name that are tried, from its end on.
constexpr std::size_t kPlaces = 4;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// A name cut at one of its numbers.
struct Cut {
    std::string before;
    std::string digits;
    std::string after;
};

/// Cut at the number `place` from the end on, counted from 0.
std::optional<Cut> cut_at(std::string_view name, std::size_t place) {
    std::size_t end = name.size();
    for (;; --place) {
        while (end > 0 && !is_digit(name[end - 1])) --end;
        if (end == 0) return std::nullopt;
        std::size_t begin = end;
        while (begin > 0 && is_digit(name[begin - 1])) --begin;
        if (place == 0) {
            if (end - begin > kDigitsMax) return std::nullopt;
            return Cut{std::string(name.substr(0, begin)), std::string(name.substr(begin, end - begin)),
                       std::string(name.substr(end))};
        }
        end = begin;
    }
}

struct Number {
    std::uint64_t value = 0;
    std::string digits;
};

std::uint64_t value_of(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char digit : digits) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    return value;
}

/// The digits of the number after `digits`, in a range that began with `first`: only a leading zero there
/// keeps the width.
std::string next_digits(std::string_view first, std::uint64_t value) {
    std::string digits = std::to_string(value + 1);
    const bool padded = first.size() > 1 && first.front() == '0';
    if (padded && digits.size() < first.size()) digits.insert(0, first.size() - digits.size(), '0');
    return digits;
}

/// "1-3,07" of numbers, each once.
std::string ranges_of(std::vector<Number> numbers) {
    // Of equal values the widest comes first, so that 01-09 is read on to 10 and not broken off by a bare 1.
    std::sort(numbers.begin(), numbers.end(), [](const Number& a, const Number& b) {
        return a.value != b.value ? a.value < b.value : a.digits.size() > b.digits.size();
    });
    struct Range {
        std::string first;
        std::string last;
        std::uint64_t value;
    };
    std::vector<Range> ranges;
    // Those that the next number may belong to: one a width, at most.
    std::vector<std::size_t> open;
    for (const Number& number : numbers) {
        std::erase_if(open, [&](std::size_t at) { return ranges[at].value + 1 < number.value; });
        const auto goes_on = std::find_if(open.begin(), open.end(), [&](std::size_t at) {
            const Range& range = ranges[at];
            return range.value + 1 == number.value && next_digits(range.first, range.value) == number.digits;
        });
        if (goes_on == open.end()) {
            open.push_back(ranges.size());
            ranges.push_back({number.digits, number.digits, number.value});
        } else {
            ranges[*goes_on].last = number.digits;
            ranges[*goes_on].value = number.value;
        }
    }
    std::string text;
    for (const Range& range : ranges) {
        if (!text.empty()) text += ',';
        text += range.first;
        if (range.first != range.last) text += "-" + range.last;
    }
    return text;
}

}  // namespace

std::string fold_names(std::vector<std::string> names) {
    std::sort(names.begin(), names.end(), natural_less);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<std::string> folded;
    for (std::size_t place = 0; place < kPlaces && !names.empty(); ++place) {
        std::map<std::pair<std::string, std::string>, std::vector<Number>> families;
        std::vector<std::string> alone;
        for (std::string& name : names) {
            if (auto cut = cut_at(name, place))
                families[{std::move(cut->before), std::move(cut->after)}].push_back(
                    {value_of(cut->digits), std::move(cut->digits)});
            else
                alone.push_back(std::move(name));
        }
        for (auto& [around, numbers] : families) {
            if (numbers.size() == 1)
                alone.push_back(around.first + numbers.front().digits + around.second);
            else
                folded.push_back(around.first + "[" + ranges_of(std::move(numbers)) + "]" + around.second);
        }
        names = std::move(alone);
    }
    folded.insert(folded.end(), std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
    std::sort(folded.begin(), folded.end(), natural_less);
    std::string text;
    for (const std::string& part : folded) text += (text.empty() ? "" : ",") + part;
    return text;
}

}  // namespace pncp::cli
