// A msgpack map taken apart and put together wrongly. Knows only what the codec writes. Header only.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "schema/bytes.hpp"

namespace pncp::security {

namespace msgpack_detail {

/// Length of the header at the front, bytes of raw content behind it, and values nested in it.
struct Shape {
    std::size_t header = 1;
    std::size_t content = 0;
    std::size_t nested = 0;
    bool integer = false;
};

inline Shape shape_of(ByteView at) {
    const std::uint8_t first = at[0];
    const auto length = [&](std::size_t bytes) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | at[1 + i];
        return value;
    };
    if (first < 0x80 || first >= 0xE0) return {1, 0, 0, true};
    if (first < 0x90) return {1, 0, 2 * (first & 0x0FU), false};
    if (first < 0xA0) return {1, 0, first & 0x0FU, false};
    if (first < 0xC0) return {1, first & 0x1FU, 0, false};
    if (first == 0xC0 || first == 0xC2 || first == 0xC3) return {};
    if (first >= 0xC4 && first <= 0xC6)
        return {1 + (1U << (first - 0xC4U)), length(1U << (first - 0xC4U)), 0, false};
    if (first == 0xCB) return {1, 8, 0, false};
    if (first >= 0xCC && first <= 0xCF) return {1, std::size_t{1} << (first - 0xCCU), 0, true};
    if (first >= 0xD0 && first <= 0xD3) return {1, std::size_t{1} << (first - 0xD0U), 0, true};
    if (first >= 0xD9 && first <= 0xDB)
        return {1 + (1U << (first - 0xD9U)), length(1U << (first - 0xD9U)), 0, false};
    if (first == 0xDC) return {3, 0, length(2), false};
    if (first == 0xDE) return {3, 0, 2 * length(2), false};
    throw std::logic_error("not what the codec writes");
}

}  // namespace msgpack_detail

/// Bytes of the value at the front.
inline std::size_t value_size(ByteView at) {
    const auto shape = msgpack_detail::shape_of(at);
    std::size_t size = shape.header + shape.content;
    for (std::size_t i = 0; i < shape.nested; ++i) size += value_size(at.subspan(size));
    return size;
}

/// The keys and values of a map, each encoded.
inline std::vector<std::pair<Bytes, Bytes>> map_parts(ByteView map) {
    std::vector<std::pair<Bytes, Bytes>> parts(msgpack_detail::shape_of(map).nested / 2);
    std::size_t at = msgpack_detail::shape_of(map).header;
    for (auto& [key, value] : parts)
        for (Bytes* part : {&key, &value}) {
            const std::size_t size = value_size(map.subspan(at));
            *part = to_bytes(map.subspan(at, size));
            at += size;
        }
    return parts;
}

inline void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

inline Bytes make_map(const std::vector<std::pair<Bytes, Bytes>>& parts) {
    Bytes map = {0xDE, static_cast<std::uint8_t>(parts.size() >> 8U),
                 static_cast<std::uint8_t>(parts.size())};
    for (const auto& [key, value] : parts) {
        append(map, key);
        append(map, value);
    }
    return map;
}

inline Bytes make_text(const std::string& text) {
    Bytes bytes = {0xD9, static_cast<std::uint8_t>(text.size())};
    append(bytes, view(text));
    return bytes;
}

/// The same value with every integer in its widest form, and the number of integers in it.
inline std::size_t widen(ByteView& at, Bytes& out) {
    const auto shape = msgpack_detail::shape_of(at);
    if (!shape.integer) {
        append(out, at.first(shape.header + shape.content));
    } else {
        // Negative ones keep their sign in all eight bytes.
        const bool negative = at[0] >= 0xE0 || (at[0] >= 0xD0 && at[0] <= 0xD3 && (at[1] & 0x80U) != 0);
        std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
        if (shape.content == 0) value = value << 8U | at[0];
        for (std::size_t i = 0; i < shape.content; ++i) value = value << 8U | at[1 + i];
        out.push_back(negative ? 0xD3 : 0xCF);
        out.resize(out.size() + 8);
        store_be(out.data() + out.size() - 8, value);
    }
    at = at.subspan(shape.header + shape.content);
    std::size_t integers = shape.integer ? 1 : 0;
    for (std::size_t i = 0; i < shape.nested; ++i) integers += widen(at, out);
    return integers;
}

/// Values that no field takes, each with its name.
inline std::vector<std::pair<std::string, Bytes>> wrong_values() {
    const auto filled = [](Bytes header, std::size_t more, std::uint8_t with) {
        header.resize(header.size() + more, with);
        return header;
    };
    return {{"nil", {0xC0}},
            {"a map", {0x80}},
            {"ext", {0xD4, 0x01, 0x00}},
            {"ext of no length", {0xC7, 0x00, 0x01}},
            {"float 32", {0xCA, 0, 0, 0, 0}},
            {"never used", {0xC1}},
            {"a gigabyte of str", {0xDB, 0x40, 0, 0, 0}},
            {"a gigabyte of bin", {0xC6, 0x40, 0, 0, 0}},
            {"a gigabyte of ext", {0xC9, 0x40, 0, 0, 0, 1}},
            {"a thousand million items", {0xDD, 0x40, 0, 0, 0}},
            {"a thousand million keys", {0xDF, 0x40, 0, 0, 0}},
            {"too deep", filled({}, 4'000, 0x91)},
            {"one item too many", filled({0xDC, 0x01, 0x01}, 257, 0x01)},
            {"one key too many", filled({0xDE, 0x01, 0x01}, std::size_t{2} * 257, 0x01)},
            {"one byte of str too many", filled({0xDA, 0x40, 0x01}, 16'385, 'x')},
            {"one byte of bin too many", filled({0xC5, 0x40, 0x01}, 16'385, 'x')}};
}

/// A payload in every form that is no message of its type, each with its name.
inline std::vector<std::pair<std::string, Bytes>> malformed(ByteView good) {
    std::vector<std::pair<std::string, Bytes>> bad;
    const auto add = [&](std::string name, Bytes bytes) {
        bad.emplace_back(std::move(name), std::move(bytes));
    };
    for (std::size_t length = 0; length < good.size(); ++length)
        add("cut at " + std::to_string(length), to_bytes(good.first(length)));
    for (std::size_t more : {1, 2, 3, 4, 5, 6, 7, 8}) {
        Bytes longer = to_bytes(good);
        longer.resize(good.size() + more, 0xC0);
        add("trailing " + std::to_string(more), std::move(longer));
    }
    Bytes fullest = to_bytes(good);
    fullest.resize(65'468, 0xC0);
    add("trailing bytes up to the frame's end", std::move(fullest));

    const auto parts = map_parts(good);
    const auto with = [&](auto&& change) {
        auto changed = parts;
        change(changed);
        return make_map(changed);
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string key(text_view(ByteView(parts[i].first).subspan(1)));
        add("without " + key,
            with([&](auto& map) { map.erase(map.begin() + static_cast<std::ptrdiff_t>(i)); }));
        add(key + " twice", with([&](auto& map) { map.push_back(map[i]); }));
        add(key + " in other words", with([&](auto& map) { map[i].first = make_text(key + "x"); }));
        for (auto& [form, value] : wrong_values())
            add(key + " " + form, with([&](auto& map) { map[i].second = value; }));
    }
    add("an unknown key", with([&](auto& map) { map.emplace_back(make_text("extra"), Bytes{0xC0}); }));
    add("an empty key", with([&](auto& map) { map.emplace_back(make_text(""), Bytes{0xC0}); }));
    add("a number as a key", with([&](auto& map) { map.emplace_back(Bytes{0x01}, Bytes{0xC0}); }));
    add("no map but an array", [&] {
        Bytes array = {0x9F};
        array[0] = static_cast<std::uint8_t>(0x90U | parts.size());
        for (const auto& [key, value] : parts) append(array, value);
        return array;
    }());
    add("two maps", [&] {
        Bytes twice = to_bytes(good);
        append(twice, good);
        return twice;
    }());
    return bad;
}

}  // namespace pncp::security
