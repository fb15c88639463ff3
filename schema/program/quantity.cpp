#include "schema/program/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace pncp {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::array<Unit, 6> kDurationUnits{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}}};
constexpr std::array<Unit, 10> kSizeUnits{{{"", 1},
                                           {"b", 1},
                                           {"kb", 1000},
                                           {"mb", 1'000'000},
                                           {"gb", 1'000'000'000},
                                           {"tb", 1'000'000'000'000},
                                           {"kib", 1LL << 10},
                                           {"mib", 1LL << 20},
                                           {"gib", 1LL << 30},
                                           {"tib", 1LL << 40}}};

const Error kTooLarge{"is too large", {}};

template <std::size_t N>
Result<std::int64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units,
                                     const Error& wrong) {
    std::int64_t count = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem == std::errc::result_out_of_range) return kTooLarge;
    if (problem != std::errc{} || count < 0 || text[0] == '-') return wrong;
    const std::string_view unit = text.substr(static_cast<std::size_t>(stop - text.data()));
    for (const Unit& each : units) {
        if (each.name != unit) continue;
        if (count > std::numeric_limits<std::int64_t>::max() / each.factor) return kTooLarge;
        return count * each.factor;
    }
    return wrong;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc::result_out_of_range) return kTooLarge;
    if (problem != std::errc{} || stop != text.data() + text.size())
        return Error{"is not a whole number", {}};
    return value;
}

Result<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc::result_out_of_range) return kTooLarge;
    if (problem != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value)) {
        return Error{"is not a number", {}};
    }
    return value;
}

Result<bool> parse_flag(std::string_view text) {
    for (const std::string_view yes : {"true", "yes", "on", "1"}) {
        if (text == yes) return true;
    }
    for (const std::string_view no : {"false", "no", "off", "0"}) {
        if (text == no) return false;
    }
    return Error{"is neither true nor false", {}};
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
    const Error wrong{
        "is not a duration; write a whole number and a unit, such as 100ms, 10s, 2m, 1h, 1d or 1w", {}};
    if (text == "0") return std::int64_t{0};
    return parse_with_unit(text, kDurationUnits, wrong);
}

Result<std::int64_t> parse_size_bytes(std::string_view text) {
    const Error wrong{"is not a size; write a whole number and a unit, such as 4096, 64KiB, 10MB or 2GiB",
                      {}};
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return parse_with_unit(lower, kSizeUnits, wrong);
}

}  // namespace pncp
