#include "schema/bytes.hpp"

namespace pncp {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out.push_back(kDigits[byte >> 4U]);
        out.push_back(kDigits[byte & 0x0FU]);
    }
    return out;
}

template <std::size_t N>
std::optional<ByteArray<N>> from_hex(std::string_view text) {
    if (text.size() != 2 * N) return std::nullopt;
    ByteArray<N> out{};
    for (std::size_t i = 0; i < N; ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return out;
}

template std::optional<ByteArray<16>> from_hex<16>(std::string_view);
template std::optional<ByteArray<32>> from_hex<32>(std::string_view);

void wipe(std::span<std::uint8_t> secret) {
    volatile std::uint8_t* at = secret.data();
    for (std::size_t i = 0; i < secret.size(); ++i) at[i] = 0;
}

}  // namespace pncp
