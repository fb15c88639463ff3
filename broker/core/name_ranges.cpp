#include "broker/core/name_ranges.hpp"

#include <charconv>
#include <cstdint>

namespace pncp::broker {

namespace {

struct Number {
    std::uint64_t value = 0;
    std::size_t width = 0;  ///< digits to keep; 0 = as many as it needs
};

bool read_number(std::string_view digits, Number& number) {
    // Nine digits are more machines than there are.
    if (digits.empty() || digits.size() > 9) return false;
    const auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
    number.width = digits.size() > 1 && digits.front() == '0' ? digits.size() : 0;
    return failure == std::errc{} && stop == digits.data() + digits.size();
}

std::string padded(std::uint64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// The numbers of one pair of brackets, without them.
Result<std::vector<std::string>> numbers_in(std::string_view list, std::size_t limit) {
    std::vector<std::string> numbers;
    const Error bad{"[" + std::string(list.substr(0, 64)) + "] is no list of numbers",
                    "write [1-40] or [1,3,7-9]"};
    while (true) {
        const std::string_view part = list.substr(0, list.find(','));
        const auto dash = part.find('-');
        Number first;
        Number last;
        if (!read_number(part.substr(0, dash), first)) return bad;
        last = first;
        if (dash != std::string_view::npos && !read_number(part.substr(dash + 1), last)) return bad;
        if (last.value < first.value)
            return Error{"[" + std::string(part) + "] counts down", "write the smaller number first"};
        if (last.value - first.value >= limit || numbers.size() + (last.value - first.value) >= limit)
            return Error{
                "[" + std::string(part) + "] stands for more than " + std::to_string(limit) + " names",
                "use a glob such as pi-*"};
        for (std::uint64_t value = first.value; value <= last.value; ++value)
            numbers.push_back(padded(value, first.width));
        if (part.size() == list.size()) return numbers;
        list.remove_prefix(part.size() + 1);
    }
}

}  // namespace

Result<std::vector<std::string>> expand_names(std::string_view text, std::size_t limit) {
    std::vector<std::string> names{""};
    while (!text.empty()) {
        const auto open = text.find('[');
        for (std::string& name : names) name.append(text.substr(0, open));
        if (open == std::string_view::npos) return names;
        const auto close = text.find(']', open);
        if (close == std::string_view::npos)
            return Error{"a [ without its ] in " + std::string(text.substr(0, 64)), "write [1-40]"};
        const auto numbers = numbers_in(text.substr(open + 1, close - open - 1), limit);
        if (!numbers) return numbers.error();
        if (names.size() * numbers->size() > limit)
            return Error{"these ranges stand for more than " + std::to_string(limit) + " names",
                         "use a glob such as pi-*"};
        std::vector<std::string> longer;
        longer.reserve(names.size() * numbers->size());
        for (const std::string& name : names)
            for (const std::string& number : *numbers) longer.push_back(name + number);
        names = std::move(longer);
        text.remove_prefix(close + 1);
    }
    return names;
}

}  // namespace pncp::broker
