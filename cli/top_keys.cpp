#include "cli/top_keys.hpp"

#include <algorithm>
#include <array>

#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

struct Sequence {
    std::string_view bytes;
    KeyKind kind;
};
/// What xterm, the Linux console, tmux and screen send.
constexpr std::array kSequences{
    Sequence{"[A", KeyKind::up},         Sequence{"OA", KeyKind::up},    Sequence{"[B", KeyKind::down},
    Sequence{"OB", KeyKind::down},       Sequence{"[C", KeyKind::right}, Sequence{"OC", KeyKind::right},
    Sequence{"[D", KeyKind::left},       Sequence{"OD", KeyKind::left},  Sequence{"[5~", KeyKind::page_up},
    Sequence{"[6~", KeyKind::page_down}, Sequence{"[H", KeyKind::home},  Sequence{"OH", KeyKind::home},
    Sequence{"[1~", KeyKind::home},      Sequence{"[7~", KeyKind::home}, Sequence{"[F", KeyKind::end},
    Sequence{"OF", KeyKind::end},        Sequence{"[4~", KeyKind::end},  Sequence{"[8~", KeyKind::end}};

/// Takes the rest of an escape sequence off: up to its final letter.
std::string_view take_sequence(std::string_view& bytes) {
    std::size_t length = 1;
    if (bytes.front() == '[') {
        while (length < bytes.size() && (bytes[length] < '@' || bytes[length] > '~')) ++length;
        ++length;
    } else if (bytes.front() == 'O') {
        length = 2;
    }
    const std::string_view taken = bytes.substr(0, length);
    bytes.remove_prefix(taken.size());
    return taken;
}

KeyKind control_key(char byte) {
    switch (byte) {
        case '\r':
        case '\n':
            return KeyKind::enter;
        case '\b':
        case '\x7F':
            return KeyKind::backspace;
        case '\x03':
            return KeyKind::interrupt;
        case '\x1A':
            return KeyKind::suspend;
        case '\x0C':
            return KeyKind::redraw;
        case '\x15':
            return KeyKind::clear;
        default:
            return KeyKind::text;
    }
}

}  // namespace

std::vector<Key> keys_of(std::string_view bytes) {
    std::vector<Key> keys;
    while (!bytes.empty()) {
        if (bytes.front() == '\x1B') {
            bytes.remove_prefix(1);
            if (bytes.empty() || bytes.front() == '\x1B') {
                keys.push_back({KeyKind::escape});
                continue;
            }
            const std::string_view rest = take_sequence(bytes);
            const auto known = std::find_if(kSequences.begin(), kSequences.end(),
                                            [&](const Sequence& each) { return each.bytes == rest; });
            if (known != kSequences.end()) keys.push_back({known->kind});
            continue;
        }
        const KeyKind control = control_key(bytes.front());
        const std::size_t length = utf8_length(bytes);
        const bool visible = static_cast<unsigned char>(bytes.front()) >= 0x20;
        if (control != KeyKind::text)
            keys.push_back({control});
        else if (visible && length > 0)
            keys.push_back({KeyKind::text, std::string(bytes.substr(0, length))});
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return keys;
}

}  // namespace pncp::cli
