// Bytes on the wire: owned and borrowed byte strings, big-endian integers, hexadecimal text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pncp {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

/// 16 bytes that name a session, a job, a command, a spool or a journal.
using Id16 = ByteArray<16>;
/// 32 bytes: a key, a nonce or a tag.
using Key32 = ByteArray<32>;

inline ByteView view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_view(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// Big-endian store and load of an unsigned integer at `at`; the caller has checked the length.
template <typename Unsigned>
void store_be(std::uint8_t* at, Unsigned value) {
    for (std::size_t i = sizeof(Unsigned); i-- > 0;) {
        at[i] = static_cast<std::uint8_t>(value & 0xFFU);
        value = static_cast<Unsigned>(value >> 7U >> 1U);
    }
}
template <typename Unsigned>
[[nodiscard]] Unsigned load_be(const std::uint8_t* at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) value = (value << 8U) | at[i];
    return static_cast<Unsigned>(value);
}

/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// Parses exactly `2 * N` hexadecimal digits; nullopt for any other length or character.
template <std::size_t N>
[[nodiscard]] std::optional<ByteArray<N>> from_hex(std::string_view text);

/// Copies exactly N bytes; nullopt for any other length.
template <std::size_t N>
[[nodiscard]] std::optional<ByteArray<N>> exactly(ByteView bytes) {
    if (bytes.size() != N) return std::nullopt;
    ByteArray<N> out;
    std::memcpy(out.data(), bytes.data(), N);
    return out;
}

/// Overwrites memory that held a secret, in a way the compiler may not remove.
void wipe(std::span<std::uint8_t> secret);

}  // namespace pncp
