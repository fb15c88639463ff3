#include "cli/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

std::string_view sequence_of(Colour colour) {
    switch (colour) {
        case Colour::plain:
            return {};
        case Colour::bold:
            return "\033[1m";
        case Colour::dim:
            return "\033[2m";
        case Colour::red:
            return "\033[31m";
        case Colour::green:
            return "\033[32m";
        case Colour::yellow:
            return "\033[33m";
    }
    return {};
}

/// Bytes of UTF-8 that go on a character take no column.
bool begins_character(char letter) { return (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U; }

std::string two_units(std::int64_t value, std::int64_t per, std::string_view big, std::string_view small) {
    std::string text = std::to_string(value / per) + " ";
    text += big;
    if (value % per == 0) return text;
    text += " " + std::to_string(value % per) + " ";
    text += small;
    return text;
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Takes the run of digits at the front off, without its leading zeros.
std::string_view take_number(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    std::string_view run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(run.size());
    run.remove_prefix(std::min(run.find_first_not_of('0'), run.size()));
    return run;
}

}  // namespace

std::string neutralised(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto stop = std::min(text.find_first_of("\n\t"), text.size());
        out += escape_controls(text.substr(0, stop));
        if (stop < text.size()) out += text[stop];
        text.remove_prefix(std::min(stop + 1, text.size()));
    }
    return out;
}

std::string coloured(const Style& style, Colour colour, std::string_view text) {
    std::string out;
    if (!style.colour || colour == Colour::plain) return std::string(text);
    out += sequence_of(colour);
    out += text;
    out += "\033[0m";
    return out;
}

std::string duration_text(std::int64_t duration_ms) {
    duration_ms = std::max<std::int64_t>(duration_ms, 0);
    if (duration_ms < 1000) return std::to_string(duration_ms) + " ms";
    const std::int64_t seconds = duration_ms / 1000;
    if (seconds < 60) {
        const std::int64_t tenths = duration_ms % 1000 / 100;
        return std::to_string(seconds) + (tenths == 0 ? "" : "." + std::to_string(tenths)) + " s";
    }
    if (seconds < 3600) return two_units(seconds, 60, "min", "s");
    if (seconds < 86'400) return two_units(seconds / 60, 60, "h", "min");
    return two_units(seconds / 3600, 24, "d", "h");
}

std::string ago_text(std::int64_t then_us, std::int64_t now_us) {
    if (then_us == 0) return "never";
    const std::int64_t seconds = now_us > then_us ? (now_us - then_us) / 1'000'000 : 0;
    return seconds == 0 ? "just now" : duration_text(seconds * 1000) + " ago";
}

std::string utc_text(std::int64_t wall_us) {
    using namespace std::chrono;
    const sys_time<microseconds> moment{microseconds{wall_us}};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{floor<milliseconds>(moment - day)};
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string shortened(std::string_view text, std::size_t width) {
    if (width_of(text) <= width) return std::string(text);
    if (width == 0) return {};
    std::size_t end = 0;
    for (std::size_t taken = 0; end < text.size(); ++end)
        if (begins_character(text[end]) && taken++ == width - 1) break;
    return std::string(text.substr(0, end)) + "…";
}

namespace {

/// Takes from the widest of the `soft` columns until all fit, as far as that goes.
void fit(std::vector<std::size_t>& widths, const std::vector<std::size_t>& soft, std::size_t width) {
    constexpr std::size_t kSoftLeast = 12;
    std::size_t used = 2 * (widths.size() - 1);
    for (const std::size_t each : widths) used += each;
    for (; used > width; --used) {
        const auto widest = std::max_element(
            soft.begin(), soft.end(), [&](std::size_t a, std::size_t b) { return widths[a] < widths[b]; });
        if (widest == soft.end() || widths[*widest] <= kSoftLeast) return;
        --widths[*widest];
    }
}

}  // namespace

std::string table_text(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, const Style& style,
                       const std::vector<std::size_t>& soft) {
    std::vector<std::size_t> widths;
    for (const std::string& title : header) widths.push_back(width_of(title));
    std::vector<std::vector<std::string>> cells = rows;
    for (auto& row : cells) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = escape_controls(row[i]);
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    if (style.width > 0) fit(widths, soft, style.width);
    for (auto& row : cells)
        for (const std::size_t i : soft) row[i] = shortened(row[i], widths[i]);
    const auto line = [&](const std::vector<std::string>& row) {
        std::string text;
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += row[i];
            if (i + 1 < row.size()) text.append(widths[i] + 2 - width_of(row[i]), ' ');
        }
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    };
    std::string out = coloured(style, Colour::bold, line(header)) + "\n";
    for (const auto& row : cells) out += line(row) + "\n";
    return out;
}

bool natural_less(std::string_view a, std::string_view b) {
    const std::string_view whole_a = a;
    const std::string_view whole_b = b;
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            const std::string_view left = take_number(a);
            const std::string_view right = take_number(b);
            if (left.size() != right.size()) return left.size() < right.size();
            if (left != right) return left < right;
            continue;
        }
        if (a.front() != b.front())
            return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    if (a.empty() != b.empty()) return a.empty();
    return whole_a < whole_b;
}

std::string natural_key(std::string_view text) {
    std::string key;
    key.reserve(text.size() + 8);
    while (!text.empty()) {
        if (is_digit(text.front())) {
            const std::string_view number = take_number(text);
            // Longer numbers are greater; against what is no digit a number stands where digits do.
            key += '0';
            key += static_cast<char>(std::min<std::size_t>(number.size(), 127));
            key += number;
        } else {
            key += text.front();
            text.remove_prefix(1);
        }
    }
    return key;
}

void natural_sort(std::vector<std::string>& texts) {
    std::vector<std::pair<std::string, std::string>> keyed;
    keyed.reserve(texts.size());
    for (std::string& text : texts) {
        std::string key = natural_key(text);
        keyed.emplace_back(std::move(key), std::move(text));
    }
    std::sort(keyed.begin(), keyed.end());
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = std::move(keyed[i].second);
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out += between;
        out += escape_controls(word);
    }
    return out;
}

}  // namespace pncp::cli
