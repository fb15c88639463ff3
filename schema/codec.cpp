#include "schema/codec.hpp"

#include <limits>
#include <msgpack.hpp>
#include <type_traits>

#include "schema/message_fields.hpp"

namespace pncp {

namespace {

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
inline constexpr auto kLast<EventKind> = static_cast<std::uint8_t>(EventKind::catalogue);

struct Buffer {
    Bytes& bytes;
    void write(const char* data, std::size_t size) {
        const auto* at = reinterpret_cast<const std::uint8_t*>(data);
        bytes.insert(bytes.end(), at, at + size);
    }
};
/// msgpack-c's packer that gives its buffer away for what it can't write.
struct Packer : msgpack::packer<Buffer> {
    explicit Packer(Buffer& to) : msgpack::packer<Buffer>(to), buffer(to) {}
    Buffer& buffer;
};

template <typename T>
concept HasFields = requires {
    Fields<T>::list;
};
template <typename T>
constexpr std::size_t kFieldCount = std::tuple_size_v<std::remove_cvref_t<decltype(Fields<T>::list)>>;

// --- writing
// ---------------------------------------------------------------------------------------------------------

void put(Packer& packer, std::string_view text) {
    packer.pack_str(static_cast<std::uint32_t>(text.size()));
    packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}
void put_binary(Packer& packer, ByteView bytes) {
    packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    packer.pack_bin_body(reinterpret_cast<const char*>(bytes.data()),
                         static_cast<std::uint32_t>(bytes.size()));
}
void put(Packer& packer, const std::string& text) { put(packer, std::string_view(text)); }
void put(Packer& packer, const Bytes& bytes) { put_binary(packer, bytes); }
template <std::size_t N>
void put(Packer& packer, const ByteArray<N>& bytes) {
    put_binary(packer, bytes);
}
void put(Packer& packer, bool value) { packer.pack(value); }
/// Always a float64. msgpack-c writes a double that is whole as an integer, and a field that is 0.0 once and
/// 0.5 later would be of two types, which InfluxDB refuses for good.
void put(Packer& packer, double value) {
    char bytes[9] = {static_cast<char>(0xCB)};
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    store_be(reinterpret_cast<std::uint8_t*>(bytes) + 1, bits);
    packer.buffer.write(bytes, sizeof bytes);
}
template <typename T>
requires std::is_integral_v<T>
void put(Packer& packer, T value) { packer.pack(value); }
template <typename T>
requires std::is_enum_v<T>
void put(Packer& packer, T value) { packer.pack_uint8(static_cast<std::uint8_t>(value)); }
template <HasFields T>
void put(Packer& packer, const T& message);
void put(Packer& packer, const Point& point);

template <typename T>
void put(Packer& packer, const std::vector<T>& items) {
    packer.pack_array(static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) put(packer, item);
}

void put(Packer& packer, const Point& point) {
    packer.pack_array(3);
    put(packer, point.measurement);
    packer.pack_map(static_cast<std::uint32_t>(point.tags.size()));
    for (const auto& [key, value] : point.tags) {
        put(packer, key);
        put(packer, value);
    }
    packer.pack_map(static_cast<std::uint32_t>(point.fields.size()));
    for (const auto& [key, value] : point.fields) {
        put(packer, key);
        std::visit([&](const auto& typed) { put(packer, typed); }, value);
    }
}

template <typename Member>
constexpr bool present(const Member&) {
    return true;
}
template <typename Member>
constexpr bool present(const std::optional<Member>& member) {
    return member.has_value();
}
template <typename Member>
void put(Packer& packer, const std::optional<Member>& member) {
    put(packer, *member);
}

template <typename T>
void put_fields(Packer& packer, const T& message) {
    std::apply(
        [&](const auto&... each) {
            [[maybe_unused]] const auto one = [&](const auto& entry) {
                if (!present(message.*entry.member)) return;
                if constexpr (!Fields<T>::as_array) put(packer, std::string_view(entry.key));
                put(packer, message.*entry.member);
            };
            (one(each), ...);
        },
        Fields<T>::list);
}

template <typename T>
std::uint32_t count_present(const T& message) {
    return std::apply(
        [&](const auto&... each) {
            return static_cast<std::uint32_t>(
                (std::size_t{0} + ... + (present(message.*each.member) ? 1U : 0U)));
        },
        Fields<T>::list);
}

template <HasFields T>
void put(Packer& packer, const T& message) {
    if constexpr (Fields<T>::as_array)
        packer.pack_array(static_cast<std::uint32_t>(kFieldCount<T>));
    else
        packer.pack_map(count_present(message));
    put_fields(packer, message);
}

/// A request or reply is the map of its fields with "verb" before them.
template <typename... Options>
void put(Packer& packer, const std::variant<Options...>& message) {
    std::visit(
        [&](const auto& option) {
            using T = std::remove_cvref_t<decltype(option)>;
            packer.pack_map(1 + count_present(option));
            put(packer, std::string_view("verb"));
            put(packer, std::string_view(Fields<T>::name));
            put_fields(packer, option);
        },
        message);
}

// --- reading
// ---------------------------------------------------------------------------------------------------------

using Object = msgpack::object;

std::string_view text_of(const Object& object) { return {object.via.str.ptr, object.via.str.size}; }

bool get(const Object& from, std::string& to) {
    if (from.type != msgpack::type::STR) return false;
    to.assign(from.via.str.ptr, from.via.str.size);
    return true;
}
bool get(const Object& from, Bytes& to) {
    if (from.type != msgpack::type::BIN) return false;
    to.assign(from.via.bin.ptr, from.via.bin.ptr + from.via.bin.size);
    return true;
}
template <std::size_t N>
bool get(const Object& from, ByteArray<N>& to) {
    if (from.type != msgpack::type::BIN || from.via.bin.size != N) return false;
    std::memcpy(to.data(), from.via.bin.ptr, N);
    return true;
}
bool get(const Object& from, bool& to) {
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

bool get(const Object& from, FieldValue& to) {
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

bool get(const Object& from, Point& to) {
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
bool reference(msgpack::type::object_type, std::size_t, void*) { return true; }

}  // namespace

template <typename Message>
void encode_to(Bytes& out, const Message& message) {
    Buffer buffer{out};
    Packer packer(buffer);
    put(packer, message);
}

template <typename Message>
std::optional<Message> decode(ByteView payload) {
    static thread_local msgpack::zone arena;
    const msgpack::unpack_limit limit(limits::kArrayItems, limits::kMapItems, limits::kStringBytes,
                                      limits::kBinaryBytes, limits::kExtensionBytes, limits::kDepth);
    std::optional<Message> message;
    try {
        std::size_t offset = 0;
        bool referenced = false;
        const Object object = msgpack::unpack(arena, reinterpret_cast<const char*>(payload.data()),
                                              payload.size(), offset, referenced, reference, nullptr, limit);
        if (offset == payload.size() && !get(object, message.emplace())) message.reset();
    } catch (const msgpack::unpack_error&) {
        message.reset();
    }
    arena.clear();
    return message;
}

Key32 catalogue_hash(const std::vector<CatalogueEntry>& entries) {
    Bytes bytes;
    Buffer buffer{bytes};
    Packer packer(buffer);
    put(packer, entries);
    return sha256(bytes);
}

#define PNCP_CODEC(Message)                                   \
    template void encode_to<Message>(Bytes&, const Message&); \
    template std::optional<Message> decode<Message>(ByteView);
PNCP_CODEC(Hello)
PNCP_CODEC(Challenge)
PNCP_CODEC(Auth)
PNCP_CODEC(Ready)
PNCP_CODEC(Batch)
PNCP_CODEC(Catalogue)
PNCP_CODEC(CommandAck)
PNCP_CODEC(Heartbeat)
PNCP_CODEC(Bye)
PNCP_CODEC(Ack)
PNCP_CODEC(Command)
PNCP_CODEC(NoSession)
PNCP_CODEC(MetricsBody)
PNCP_CODEC(OutputBody)
PNCP_CODEC(ResultBody)
PNCP_CODEC(GapBody)
PNCP_CODEC(DeviceEventBody)
PNCP_CODEC(StatusBody)
PNCP_CODEC(CommandBody)
PNCP_CODEC(JobBody)
PNCP_CODEC(CommandAckBody)
PNCP_CODEC(AuditBody)
PNCP_CODEC(SecurityBody)
PNCP_CODEC(FeedHeartbeat)
PNCP_CODEC(Event)
PNCP_CODEC(Request)
PNCP_CODEC(Reply)
#undef PNCP_CODEC

}  // namespace pncp
