// Bytes of a terminal to keys. Pure; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pncp::cli {

enum class KeyKind : std::uint8_t {
    text,  ///< one character, UTF-8
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    backspace,
    interrupt,  ///< Ctrl-C
    suspend,    ///< Ctrl-Z
    redraw,     ///< Ctrl-L
    clear       ///< Ctrl-U
};

struct Key {
    KeyKind kind = KeyKind::text;
    std::string text{};
    bool operator==(const Key&) const = default;
};

/// The keys of what one read gave. A lone escape at its end is the key itself: terminals send their sequences
/// whole. Sequences that are not known are left out.
[[nodiscard]] std::vector<Key> keys_of(std::string_view bytes);

}  // namespace pncp::cli
