#include "agent/sampler/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "agent/sampler/text.hpp"

namespace pncp {

void JsonText::separate() {
    if (comma_) text_ += ',';
    comma_ = true;
}

void JsonText::quote(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    text_ += '"';
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t length = proc::utf8_length(text);
        if (length == 0) {
            text_ += "\xEF\xBF\xBD";
        } else if (first == '"' || first == '\\') {
            text_ += '\\';
            text_ += text.front();
        } else if (first < 0x20U || first == 0x7FU) {
            text_ += "\\u00";
            text_ += kHex[first >> 4U];
            text_ += kHex[first & 0xFU];
        } else {
            text_ += text.substr(0, length);
        }
        text.remove_prefix(length > 0 ? length : 1);
    }
    text_ += '"';
}

JsonText& JsonText::begin_object() {
    separate();
    text_ += '{';
    comma_ = false;
    return *this;
}

JsonText& JsonText::end_object() {
    text_ += '}';
    comma_ = true;
    return *this;
}

JsonText& JsonText::begin_array() {
    separate();
    text_ += '[';
    comma_ = false;
    return *this;
}

JsonText& JsonText::end_array() {
    text_ += ']';
    comma_ = true;
    return *this;
}

JsonText& JsonText::key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
    comma_ = false;
    return *this;
}

JsonText& JsonText::integer(std::int64_t number) {
    separate();
    text_ += std::to_string(number);
    return *this;
}

JsonText& JsonText::decimal(double number, int digits) {
    separate();
    // to_chars, unlike printf, writes a point in every locale. Numbers past 40 characters are no
    // measurements.
    std::array<char, 48> place{};
    const auto [end, error] =
        std::to_chars(place.data(), place.data() + place.size(), number, std::chars_format::fixed, digits);
    if (std::isfinite(number) && error == std::errc{})
        text_.append(place.data(), end);
    else
        text_ += "null";
    return *this;
}

JsonText& JsonText::string(std::string_view text) {
    separate();
    quote(text);
    return *this;
}

}  // namespace pncp
