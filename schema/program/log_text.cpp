// What both implementations of log.hpp share: no output, no clock.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "schema/program/escape.hpp"
#include "schema/program/log.hpp"

namespace pncp::log {
namespace {

/// One line of the journal may be 48 KiB, but nobody reads that; a peer's text should not fill a disk either.
constexpr std::size_t kLineBytesMax = 4096;

constexpr std::array<std::pair<Level, std::string_view>, 4> kNames{
    {{Level::debug, "debug"}, {Level::info, "info"}, {Level::warning, "warning"}, {Level::error, "error"}}};
std::atomic<Level> enabled_from{Level::info};

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    out += digits;
}

}  // namespace

void set_level(Level new_level) { enabled_from.store(new_level, std::memory_order_relaxed); }
Level level() { return enabled_from.load(std::memory_order_relaxed); }

std::string_view level_name(Level wanted) {
    for (const auto& [each, name] : kNames) {
        if (each == wanted) return name;
    }
    return {};
}

std::optional<Level> parse_level(std::string_view text) {
    for (const auto& [each, name] : kNames) {
        if (name == text) return each;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Every::allow(std::int64_t now_ms) {
    if (printed_ms_ && now_ms - *printed_ms_ < interval_ms_) {
        ++held_back_;
        return std::nullopt;
    }
    printed_ms_ = now_ms;
    return std::exchange(held_back_, 0);
}

namespace detail {

std::string one_line(std::string_view text) {
    // Cut before escaping, so that an escape sequence is never halved; escaping at most quadruples the
    // length.
    const std::size_t cut = text.size() > kLineBytesMax ? text.size() - kLineBytesMax : 0;
    std::string line = escape_controls(text.substr(0, text.size() - cut));
    if (cut > 0) line += cat(" [", cut, " more bytes]");
    return line;
}

bool stderr_is_journal(const char* journal_stream, std::uint64_t device, std::uint64_t inode) {
    return journal_stream != nullptr && std::string_view(journal_stream) == cat(device, ":", inode);
}

bool stderr_is_journal() {
    struct stat info {};
    if (fstat(STDERR_FILENO, &info) != 0) return false;
    return stderr_is_journal(std::getenv("JOURNAL_STREAM"), info.st_dev, info.st_ino);
}

std::string_view syslog_prefix(Level wanted) {
    switch (wanted) {
        case Level::debug:
            return "<7>";
        case Level::info:
            return "<6>";
        case Level::warning:
            return "<4>";
        case Level::error:
            return "<3>";
    }
    return {};
}

std::string iso_utc_ms(std::int64_t wall_us) {
    constexpr std::int64_t kUsPerDay = 86'400'000'000;
    std::int64_t days = wall_us / kUsPerDay;
    std::int64_t us = wall_us % kUsPerDay;
    if (us < 0) us += kUsPerDay, --days;
    // Days since 1970 to a date of the Gregorian calendar, in eras of 400 years that begin on the first of
    // March: gmtime_r would do, but it may read the time zone files, which the agent should not keep in
    // memory.
    const std::int64_t shifted = days + 719'468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const std::int64_t day_of_era = shifted - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    std::string out;
    append_digits(out, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
    out += '-';
    append_digits(out, month, 2);
    out += '-';
    append_digits(out, day_of_year - (153 * month_from_march + 2) / 5 + 1, 2);
    out += 'T';
    append_digits(out, us / 3'600'000'000, 2);
    out += ':';
    append_digits(out, us / 60'000'000 % 60, 2);
    out += ':';
    append_digits(out, us / 1'000'000 % 60, 2);
    out += '.';
    append_digits(out, us / 1000 % 1000, 3);
    out += 'Z';
    return out;
}

}  // namespace detail
}  // namespace pncp::log
