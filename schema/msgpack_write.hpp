// Messages to msgpack, from the table of message_fields.hpp. Included by the codec's .cpp files only.
#pragma once

#include <array>
#include <cstring>
#include <msgpack.hpp>
#include <type_traits>

#include "schema/codec.hpp"
#include "schema/message_fields.hpp"

namespace pncp {

namespace wire {

/// A message is mostly words of a few bytes: they are put together before the vector, which has to look after
/// its room, takes them. What was written is all there after flush().
class Buffer {
  public:
    explicit Buffer(Bytes& bytes) : bytes_(bytes) {}
    void write(const char* data, std::size_t size) {
        if (size > staged_.size() - used_) {
            flush();
            if (size > staged_.size() / 2) {
                const auto* at = reinterpret_cast<const std::uint8_t*>(data);
                bytes_.insert(bytes_.end(), at, at + size);
                return;
            }
        }
        // What is empty may point nowhere, which memcpy does not allow.
        if (size > 0) {
            std::memcpy(staged_.data() + used_, data, size);
        }
        used_ += size;
    }
    void flush() {
        bytes_.insert(bytes_.end(), staged_.data(), staged_.data() + used_);
        used_ = 0;
    }

  private:
    Bytes& bytes_;
    std::size_t used_ = 0;
    std::array<std::uint8_t, 512> staged_;
};
/// msgpack-c's packer that gives its buffer away for what it can't write.
struct Packer : msgpack::packer<Buffer> {
    explicit Packer(Buffer& to) : msgpack::packer<Buffer>(to), buffer(to) {}
    Buffer& buffer;
};

inline void put(Packer& packer, std::string_view text) {
    packer.pack_str(static_cast<std::uint32_t>(text.size()));
    packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}
inline void put_binary(Packer& packer, ByteView bytes) {
    packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    packer.pack_bin_body(reinterpret_cast<const char*>(bytes.data()),
                         static_cast<std::uint32_t>(bytes.size()));
}
inline void put(Packer& packer, const std::string& text) { put(packer, std::string_view(text)); }
inline void put(Packer& packer, const Bytes& bytes) { put_binary(packer, bytes); }
template <std::size_t N>
void put(Packer& packer, const ByteArray<N>& bytes) {
    put_binary(packer, bytes);
}
inline void put(Packer& packer, bool value) { packer.pack(value); }
/// Always a float64. msgpack-c writes a double that is whole as an integer, and a field that is 0.0 once and
/// 0.5 later would be of two types, which InfluxDB refuses for good.
inline void put(Packer& packer, double value) {
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

inline void put(Packer& packer, const Point& point) {
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

}  // namespace wire

template <typename Message>
void encode_to(Bytes& out, const Message& message) {
    wire::Buffer buffer(out);
    wire::Packer packer(buffer);
    wire::put(packer, message);
    buffer.flush();
}

}  // namespace pncp
