// msgpack to messages, by the table of message_fields.hpp. Trusts nothing: limits, types, ranges, keys known,
// unique and complete. Included by the codec's .cpp files only.
#pragma once

#include <cstring>
#include <limits>
#include <msgpack.hpp>
#include <type_traits>

#include "schema/codec.hpp"
#include "schema/message_fields.hpp"

namespace pncp {

namespace wire {

/// The largest legal value of each enum on the wire; the smallest is 1.
template <typename Enum>
inline constexpr std::uint8_t kLast = 0;
template <>
inline constexpr auto kLast<Stream> = static_cast<std::uint8_t>(Stream::results);
template <>
inline constexpr auto kLast<RowKind> = static_cast<std::uint8_t>(RowKind::device_event);
template <>
inline constexpr auto kLast<CommandState> = static_cast<std::uint8_t>(CommandState::known);
template <>
inline constexpr auto kLast<OutputStream> = static_cast<std::uint8_t>(OutputStream::err);
template <>
inline constexpr auto kLast<Outcome> = static_cast<std::uint8_t>(Outcome::killed);
template <>
inline constexpr auto kLast<Role> = static_cast<std::uint8_t>(Role::subscriber);
template <>
inline constexpr auto kLast<ErrorCode> = static_cast<std::uint8_t>(ErrorCode::unknown_peer);
template <>
inline constexpr auto kLast<Direction> = static_cast<std::uint8_t>(kLastDirection);
template <>
inline constexpr auto kLast<EventKind> = static_cast<std::uint8_t>(kLastEventKind);
template <>
inline constexpr auto kLast<OfflineTargets> = static_cast<std::uint8_t>(OfflineTargets::fail);

using Object = msgpack::object;

inline std::string_view text_of(const Object& object) { return {object.via.str.ptr, object.via.str.size}; }

inline bool get(const Object& from, std::string& to) {
    if (from.type != msgpack::type::STR) return false;
    to.assign(from.via.str.ptr, from.via.str.size);
    return true;
}
inline bool get(const Object& from, Bytes& to) {
    if (from.type != msgpack::type::BIN) return false;
    // As bytes, so that they are copied in one move and not one by one.
    const auto* begin = reinterpret_cast<const std::uint8_t*>(from.via.bin.ptr);
    to.assign(begin, begin + from.via.bin.size);
    return true;
}
template <std::size_t N>
bool get(const Object& from, ByteArray<N>& to) {
    if (from.type != msgpack::type::BIN || from.via.bin.size != N) return false;
    std::memcpy(to.data(), from.via.bin.ptr, N);
    return true;
}
inline bool get(const Object& from, bool& to) {
    if (from.type != msgpack::type::BOOLEAN) return false;
    to = from.via.boolean;
    return true;
}
template <typename T>
requires std::is_integral_v<T>
bool get(const Object& from, T& to) {
    if (from.type == msgpack::type::POSITIVE_INTEGER) {
        if (from.via.u64 > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return false;
        to = static_cast<T>(from.via.u64);
        return true;
    }
    if constexpr (std::is_signed_v<T>) {
        if (from.type != msgpack::type::NEGATIVE_INTEGER || from.via.i64 < std::numeric_limits<T>::min())
            return false;
        to = static_cast<T>(from.via.i64);
        return true;
    }
    return false;
}
template <typename T>
requires std::is_enum_v<T>
bool get(const Object& from, T& to) {
    static_assert(kLast<T> > 0, "give the enum its last value above");
    if (from.type != msgpack::type::POSITIVE_INTEGER || from.via.u64 < 1 || from.via.u64 > kLast<T>)
        return false;
    to = static_cast<T>(from.via.u64);
    return true;
}
template <HasFields T>
bool get(const Object& from, T& to);
bool get(const Object& from, Point& to);

template <typename T>
bool get(const Object& from, std::vector<T>& to) {
    if (from.type != msgpack::type::ARRAY) return false;
    to.resize(from.via.array.size);
    for (std::size_t i = 0; i < to.size(); ++i)
        if (!get(from.via.array.ptr[i], to[i])) return false;
    return true;
}
template <typename T>
bool get(const Object& from, std::optional<T>& to) {
    return get(from, to.emplace());
}

inline bool get(const Object& from, FieldValue& to) {
    switch (from.type) {
        case msgpack::type::FLOAT64:
            to = from.via.f64;
            return true;
        case msgpack::type::BOOLEAN:
            to = from.via.boolean;
            return true;
        case msgpack::type::STR:
            to = std::string(text_of(from));
            return true;
        default:
            break;
    }
    std::int64_t number = 0;
    if (!get(from, number)) return false;
    to = number;
    return true;
}

template <typename Value>
bool get_pairs(const Object& from, std::vector<std::pair<std::string, Value>>& to) {
    if (from.type != msgpack::type::MAP) return false;
    to.resize(from.via.map.size);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const auto& pair = from.via.map.ptr[i];
        if (!get(pair.key, to[i].first) || !get(pair.val, to[i].second)) return false;
        for (std::size_t before = 0; before < i; ++before)
            if (to[before].first == to[i].first) return false;
    }
    return true;
}

inline bool get(const Object& from, Point& to) {
    if (from.type != msgpack::type::ARRAY || from.via.array.size != 3) return false;
    const Object* part = from.via.array.ptr;
    return get(part[0], to.measurement) && get_pairs(part[1], to.tags) && get_pairs(part[2], to.fields);
}

template <typename T>
constexpr bool kIsOptional = false;
template <typename T>
constexpr bool kIsOptional<std::optional<T>> = true;

/// Reads the map's fields; `skipped` names one key that is not a field ("verb"), or is null.
template <typename T>
bool get_map(const Object& from, T& to, const char* skipped) {
    if (from.type != msgpack::type::MAP) return false;
    std::uint32_t seen = 0;
    bool skip_seen = false;
    for (std::size_t i = 0; i < from.via.map.size; ++i) {
        const auto& pair = from.via.map.ptr[i];
        if (pair.key.type != msgpack::type::STR) return false;
        const std::string_view key = text_of(pair.key);
        if (skipped != nullptr && key == skipped && !skip_seen) {
            skip_seen = true;
            continue;
        }
        std::uint32_t index = 0;
        bool good = false;
        const auto try_field = [&](const auto& entry) {
            const std::uint32_t bit = 1U << index++;
            if (good || key != entry.key) return;
            good = (seen & bit) == 0 && get(pair.val, to.*entry.member);
            seen |= bit;
        };
        std::apply([&](const auto&... each) { (try_field(each), ...); }, Fields<T>::list);
        if (!good) return false;
    }
    std::uint32_t required = 0;
    std::uint32_t bit = 1;
    std::apply(
        [&](const auto&... each) {
            [[maybe_unused]] const auto one = [&](const auto& entry) {
                if (!kIsOptional<std::remove_cvref_t<decltype(to.*entry.member)>>) required |= bit;
                bit <<= 1U;
            };
            (one(each), ...);
        },
        Fields<T>::list);
    return (seen & required) == required;
}

template <HasFields T>
bool get(const Object& from, T& to) {
    if constexpr (Fields<T>::as_array) {
        if (from.type != msgpack::type::ARRAY || from.via.array.size != kFieldCount<T>) return false;
        std::size_t index = 0;
        return std::apply(
            [&](const auto&... each) { return (get(from.via.array.ptr[index++], to.*each.member) && ...); },
            Fields<T>::list);
    } else {
        return get_map(from, to, nullptr);
    }
}

template <typename... Options>
bool get(const Object& from, std::variant<Options...>& to) {
    if (from.type != msgpack::type::MAP) return false;
    std::string_view verb;
    for (std::size_t i = 0; i < from.via.map.size; ++i) {
        const auto& pair = from.via.map.ptr[i];
        if (pair.key.type == msgpack::type::STR && text_of(pair.key) == "verb" &&
            pair.val.type == msgpack::type::STR)
            verb = text_of(pair.val);
    }
    const auto try_option = [&]<typename Option>(std::type_identity<Option>) {
        return verb == Fields<Option>::name && get_map(from, to.template emplace<Option>(), "verb");
    };
    return (try_option(std::type_identity<Options>{}) || ...);
}

/// Everything is referenced, nothing copied: the objects live only as long as the payload, inside decode().
inline bool reference(msgpack::type::object_type, std::size_t, void*) { return true; }

}  // namespace wire

template <typename Message>
std::optional<Message> decode(ByteView payload) {
    static thread_local msgpack::zone arena;
    const msgpack::unpack_limit limit(limits::kArrayItems, limits::kMapItems, limits::kStringBytes,
                                      limits::kBinaryBytes, limits::kExtensionBytes, limits::kDepth);
    std::optional<Message> message;
    try {
        std::size_t offset = 0;
        bool referenced = false;
        const wire::Object object =
            msgpack::unpack(arena, reinterpret_cast<const char*>(payload.data()), payload.size(), offset,
                            referenced, wire::reference, nullptr, limit);
        if (offset == payload.size() && !wire::get(object, message.emplace())) message.reset();
    } catch (const msgpack::unpack_error&) {
        message.reset();
    }
    arena.clear();
    return message;
}

}  // namespace pncp
