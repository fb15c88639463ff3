// Times in log lines: text to nanoseconds and back.
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "broker/log_writer/log_record.hpp"

namespace pncp::log_writer {

namespace {

void append_padded(std::string& out, std::int64_t value, int width) {
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "%0*lld", width, static_cast<long long>(value));
    out += digits.data();
}

/// Exactly `width` digits at `at`; false when there are none.
bool take_digits(std::string_view text, std::size_t at, std::size_t width, int& value) {
    if (at + width > text.size()) return false;
    const char* end = text.data() + at + width;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && stop == end && text[at] != '-';
}

}  // namespace

std::string rfc3339_ns(std::int64_t time_ns) {
    using namespace std::chrono;
    constexpr std::int64_t kSecond = 1'000'000'000;
    // In seconds first: a day in nanoseconds before the smallest time is no 64-bit number.
    std::int64_t fraction = time_ns % kSecond;
    if (fraction < 0) fraction += kSecond;
    const seconds since{time_ns / kSecond - (time_ns % kSecond < 0 ? 1 : 0)};
    const auto day = floor<days>(since);
    const year_month_day date{sys_days{day}};
    const hh_mm_ss clock{since - day};
    std::string out;
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, clock.hours().count(), 2);
    out += ':';
    append_padded(out, clock.minutes().count(), 2);
    out += ':';
    append_padded(out, clock.seconds().count(), 2);
    out += '.';
    append_padded(out, fraction, 9);
    out += 'Z';
    return out;
}

std::optional<std::int64_t> parse_rfc3339_ns(std::string_view text) {
    using namespace std::chrono;
    int year_number = 0;
    int month_number = 0;
    int day_number = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool digits = take_digits(text, 0, 4, year_number) && take_digits(text, 5, 2, month_number) &&
                        take_digits(text, 8, 2, day_number) && take_digits(text, 11, 2, hour) &&
                        take_digits(text, 14, 2, minute) && take_digits(text, 17, 2, second);
    if (!digits || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59 || text.back() != 'Z') return std::nullopt;
    std::int64_t fraction = 0;
    const std::string_view rest = text.substr(19, text.size() - 20);
    if (!rest.empty()) {
        if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10) return std::nullopt;
        int parsed = 0;
        if (!take_digits(rest, 1, rest.size() - 1, parsed)) return std::nullopt;
        fraction = parsed;
        for (std::size_t i = rest.size() - 1; i < 9; ++i) fraction *= 10;
    }
    const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    if (!date.ok()) return std::nullopt;
    const seconds since = sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} + seconds{second};
    // The ends of what 64 bits of nanoseconds hold; the last, incomplete second before them is not needed.
    std::int64_t whole = 0;
    std::int64_t time_ns = 0;
    // Before 1970 the multiplication alone may be out of range where the sum is not.
    const bool negative = since.count() < 0;
    if (__builtin_mul_overflow(since.count() + (negative ? 1 : 0), std::int64_t{1'000'000'000}, &whole) ||
        __builtin_add_overflow(whole, negative ? fraction - 1'000'000'000 : fraction, &time_ns))
        return std::nullopt;
    return time_ns;
}

}  // namespace pncp::log_writer
