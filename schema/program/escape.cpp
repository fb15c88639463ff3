#include "schema/program/escape.hpp"

namespace pncp {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

/// Length of the well-formed UTF-8 sequence that starts the text (1 to 4), or 0; `code` gets its code point.
std::size_t decode(std::string_view text, std::uint32_t& code) {
    const std::uint8_t lead = byte_at(text, 0);
    std::size_t length = 1;
    std::uint32_t least = 0;
    if (lead < 0x80) {
        code = lead;
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2, least = 0x80, code = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3, least = 0x800, code = lead & 0x0FU;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4, least = 0x10000, code = lead & 0x07U;
    } else {
        return 0;
    }
    if (text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
        code = (code << 6U) | (byte_at(text, i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least || code > 0x10FFFF || surrogate ? 0 : length;
}

bool dangerous(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||  // C0, DEL, C1
           (code >= 0x200E && code <= 0x200F) ||             // direction marks
           (code >= 0x2028 && code <= 0x202E) ||             // separators, embeddings and overrides
           (code >= 0x2066 && code <= 0x2069);               // isolates
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    std::uint32_t code = 0;
    return text.empty() ? 0 : decode(text, code);
}

void append_escaped_byte(std::string& out, std::uint8_t byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    switch (byte) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\x";
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 0xFU];
    }
}

std::string escape_controls(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t length = decode(text, code);
        if (length > 0 && !dangerous(code)) {
            out.append(text.substr(0, length));
        } else {
            for (std::size_t i = 0; i < (length == 0 ? 1 : length); ++i)
                append_escaped_byte(out, byte_at(text, i));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace pncp
