#include "broker/influx_bridge/line_protocol.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "schema/program/escape.hpp"

namespace pncp::influx {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Bytes that no rule touches, by rule.
using Plain = std::array<bool, 256>;
constexpr Plain make_plain(std::string_view special, bool controls_are_plain) {
    Plain plain{};
    for (std::size_t i = controls_are_plain ? 0 : 0x20; i < 0x80; ++i) plain[i] = true;
    if (!controls_are_plain) plain[0x7F] = false;
    for (const char c : special) plain[static_cast<unsigned char>(c)] = false;
    return plain;
}
constexpr Plain kPlainMeasurement = make_plain(", \\", false);
constexpr Plain kPlainTag = make_plain(",= \\", false);
constexpr Plain kPlainString = make_plain("\"\\", true);

unsigned char at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Appends the character at `i`, or U+FFFD for a byte that begins none; returns the bytes used.
std::size_t append_character(std::string& out, std::string_view text, std::size_t i) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
        out += kReplacement;
        return 1;
    }
    out += text.substr(i, length);
    return length;
}

/// At most `bytes` of the text, never half a character.
std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    std::size_t end = bytes;
    for (int back = 0; back < 3 && end > 0 && (at(text, end) & 0xC0U) == 0x80U; ++back) --end;
    return text.substr(0, end);
}

/// True when the run of backslashes at `i` stands before a separator, a quote or the end: the server's line
/// scanner pairs backslashes up, its tag scanner looks at the last one only, so the two would disagree about
/// what is escaped; and a measurement with `\"` is stored under a name that no query finds.
bool hides_separator(std::string_view text, std::size_t i) {
    while (i < text.size() && text[i] == '\\') ++i;
    return i == text.size() || text[i] == ',' || text[i] == '=' || text[i] == ' ' || text[i] == '"';
}

/// Names and tags: the rules differ only in which bytes are plain.
void append_name(std::string& out, std::string_view whole, const Plain& plain) {
    const std::string_view text = cut(whole, kNameBytes);
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t end = i;
        while (end < text.size() && plain[at(text, end)]) ++end;
        out += text.substr(i, end - i);
        if (end == text.size()) break;
        i = end;
        const unsigned char c = at(text, i);
        if (c >= 0x80) {
            i += append_character(out, text, i);
        } else {
            if (c < 0x20 || c == 0x7F)
                append_escaped_byte(out, c);
            else if (c != '\\')
                (out += '\\') += static_cast<char>(c);
            else
                out += hides_separator(text, i) ? '/' : '\\';
            ++i;
        }
    }
    if (text.size() < whole.size()) out += "...";
}

std::string_view safe_key(std::string_view key) { return key == "time" ? "time_" : key; }

/// Longer names go the way of those that need escaping.
constexpr std::size_t kShortName = 64;
/// The longest number: -1.2345678901234567e-300 has 24 characters.
constexpr std::size_t kNumberBytes = 32;

/// Copies a name that is written as it is to `to`, which has room for kShortName bytes, and returns its end;
/// nullptr = it is longer, or has to be escaped. No branch a byte: nearly every name is plain to its end.
char* copy_plain(char* to, std::string_view text, const Plain& plain) {
    if (text.size() > kShortName) return nullptr;
    bool good = true;
    for (const char c : text) {
        good &= plain[static_cast<unsigned char>(c)];
        *to++ = c;
    }
    return good ? to : nullptr;
}

}  // namespace

std::string_view Lines::range(std::size_t first, std::size_t last) const {
    const std::size_t begin = first < starts.size() ? starts[first] : text.size();
    const std::size_t end = last < starts.size() ? starts[last] : text.size();
    return std::string_view(text).substr(begin, end - begin);
}

void append_measurement(std::string& out, std::string_view name) {
    if (name.starts_with('#')) {
        out += '_';
        name.remove_prefix(1);
    }
    append_name(out, name, kPlainMeasurement);
}

void append_tag(std::string& out, std::string_view text) { append_name(out, text, kPlainTag); }

void append_field_string(std::string& out, std::string_view whole) {
    const std::string_view text = cut(whole, kStringFieldBytes);
    out += '"';
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t end = i;
        while (end < text.size() && kPlainString[at(text, end)]) ++end;
        out += text.substr(i, end - i);
        if (end == text.size()) break;
        i = end;
        if (at(text, i) >= 0x80) {
            i += append_character(out, text, i);
        } else {
            (out += '\\') += text[i];
            ++i;
        }
    }
    if (text.size() < whole.size()) {
        out += "\n[cut here: the first ";
        out += std::to_string(text.size());
        out += " of ";
        out += std::to_string(whole.size());
        out += " bytes]";
    }
    out += '"';
}

inline char* LineBuilder::room(std::size_t bytes) {
    if (pieces_.size() - used_ < bytes) flush();
    return pieces_.data() + used_;
}

void LineBuilder::flush() {
    lines_.text.append(pieces_.data(), used_);
    used_ = 0;
}

inline void LineBuilder::put(char c) {
    *room(1) = c;
    ++used_;
}

void LineBuilder::put(std::string_view text) {
    if (text.size() > pieces_.size()) {
        flush();
        lines_.text += text;
        return;
    }
    text.copy(room(text.size()), text.size());
    used_ += text.size();
}

inline void LineBuilder::put_tag(char before, std::string_view text) {
    char* const at = room(1 + kShortName);
    *at = before;
    if (const char* const end = copy_plain(at + 1, text, kPlainTag)) {
        used_ += static_cast<std::size_t>(end - at);
        return;
    }
    flush();
    append_tag(lines_.text += before, text);
}

template <typename Number>
void LineBuilder::put_number(Number value) {
    char* const begin = room(kNumberBytes);
    const auto [end, failure] = std::to_chars(begin, begin + kNumberBytes, value);
    if (failure == std::errc{}) used_ += static_cast<std::size_t>(end - begin);
}

LineBuilder::LineBuilder(Lines& lines, std::string_view measurement, bool string_fields)
    : lines_(lines), start_(lines.text.size()), string_fields_(string_fields), usable_(!measurement.empty()) {
    const bool comment = measurement.starts_with('#');
    if (const char* const end =
            comment ? nullptr : copy_plain(pieces_.data(), measurement, kPlainMeasurement))
        used_ = static_cast<std::size_t>(end - pieces_.data());
    else
        append_measurement(lines_.text, measurement);
}

void LineBuilder::tag(std::string_view key, std::string_view value) {
    if (key.empty() || value.empty()) return;
    put_tag(',', safe_key(key));
    put_tag('=', value);
}

bool LineBuilder::begin_field(std::string_view key) {
    if (key.empty()) return false;
    put_tag(has_field_ ? ',' : ' ', safe_key(key));
    put('=');
    has_field_ = true;
    return true;
}

void LineBuilder::int_field(std::string_view key, std::int64_t value) {
    if (!begin_field(key)) return;
    put_number(value);
    put('i');
}
void LineBuilder::double_field(std::string_view key, double value) {
    if (std::isfinite(value) && begin_field(key)) put_number(value);
}
void LineBuilder::bool_field(std::string_view key, bool value) {
    if (begin_field(key)) put(value ? std::string_view("true") : std::string_view("false"));
}
void LineBuilder::text_field(std::string_view key, std::string_view value) {
    if (!string_fields_ || !begin_field(key)) return;
    flush();
    append_field_string(lines_.text, value);
}
void LineBuilder::field(std::string_view key, const FieldView& value) {
    switch (value.index()) {
        case 0:
            int_field(key, std::get<0>(value));
            break;
        case 1:
            double_field(key, std::get<1>(value));
            break;
        case 2:
            bool_field(key, std::get<2>(value));
            break;
        default:
            text_field(key, std::get<3>(value));
    }
}

bool LineBuilder::finish(std::int64_t time_ns) { return finish(std::to_string(time_ns)); }

bool LineBuilder::finish(std::string_view time_ns) {
    if (!usable_ || !has_field_) {
        lines_.text.resize(start_);
        return false;
    }
    put(' ');
    put(time_ns);
    put('\n');
    flush();
    lines_.starts.push_back(start_);
    return true;
}

}  // namespace pncp::influx
