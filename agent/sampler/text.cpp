#include "agent/sampler/text.hpp"

#include <charconv>
#include <cmath>

namespace pncp::proc {
namespace {

constexpr std::string_view kBlanks = " \t";

template <typename Number>
std::optional<Number> whole_number(std::string_view word) {
    Number number{};
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// U+0000 to U+001F, U+007F, and U+0080 to U+009F, which some terminals obey too.
bool is_control(std::string_view character) {
    const unsigned first = byte_at(character, 0);
    return first < 0x20U || first == 0x7FU || (first == 0xC2U && byte_at(character, 1) < 0xA0U);
}

}  // namespace

std::optional<std::string_view> next_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::string_view next_word(std::string_view& line) {
    const auto start = line.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(start);
    const auto word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

std::string_view trimmed(std::string_view word) {
    const auto start = word.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return {};
    return word.substr(start, word.find_last_not_of(" \t\n") - start + 1);
}

std::optional<std::uint64_t> to_unsigned(std::string_view word) { return whole_number<std::uint64_t>(word); }

std::optional<std::int64_t> to_integer(std::string_view word) { return whole_number<std::int64_t>(word); }

std::optional<double> to_fraction(std::string_view word) {
    const auto number = whole_number<double>(word);
    if (!number || !std::isfinite(*number) || std::signbit(*number)) return std::nullopt;
    return number;
}

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const unsigned first = byte_at(text, 0);
    if (first < 0x80U) return 1;
    const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
    if (first < 0xC2U || first > 0xF4U || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
    }
    // Overlong forms, surrogates, and what lies past U+10FFFF show in the second byte.
    const unsigned second = byte_at(text, 1);
    if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU)) return 0;
    if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) return 0;
    return length;
}

std::string visible_text(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const bool shown = length > 0 && !is_control(text.substr(0, length));
        const auto character = text.substr(0, length > 0 ? length : 1);
        if (shown) {
            out += character;
        } else {
            for (std::size_t i = 0; i < character.size(); ++i) {
                out += "\\x";
                out += kHex[byte_at(character, i) >> 4U];
                out += kHex[byte_at(character, i) & 0xFU];
            }
        }
        text.remove_prefix(character.size());
    }
    return out;
}

}  // namespace pncp::proc
