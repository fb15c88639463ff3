#include "cli/since.hpp"

#include <limits>
#include <utility>

#include "broker/log_writer/log_record.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/quantity.hpp"

namespace pncp::cli {

std::optional<std::int64_t> since_ns(const std::string& text, std::int64_t now_us) {
    if (text.empty()) return std::numeric_limits<std::int64_t>::min();
    if (const auto before = parse_duration_ms(text); before.ok()) {
        std::int64_t start_us = 0;
        std::int64_t start_ns = 0;
        // A time before 1677 has no such number: from the beginning, then.
        if (__builtin_mul_overflow(*before, std::int64_t{-1'000}, &start_us) ||
            __builtin_add_overflow(start_us, now_us, &start_us) ||
            __builtin_mul_overflow(start_us, std::int64_t{1'000}, &start_ns))
            return std::numeric_limits<std::int64_t>::min();
        return start_ns;
    }
    std::string time = text;
    if (time.ends_with('Z')) time.pop_back();
    constexpr std::string_view kMidnight = "T00:00:00";
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kWhole = kDate + kMidnight.size();
    if (time.size() > kDate && time[kDate] == ' ') time[kDate] = 'T';
    if (time.size() >= kDate && time.size() < kWhole) time += kMidnight.substr(time.size() - kDate);
    return log_writer::parse_rfc3339_ns(time + "Z");
}

std::string not_a_since(const std::string& text) {
    return "--since " + escape_controls(text) +
           " is neither a duration such as 10m nor a time such as 2026-01-31T12:00";
}

Setting since_setting(std::string help, std::string default_text) {
    return {.key = "since",
            .default_text = std::move(default_text),
            .help = std::move(help) + ": the last 10m, 2h, 1d …, or since 2026-01-31T12:00 (UTC).",
            .value_name = "TIME"};
}

}  // namespace pncp::cli
