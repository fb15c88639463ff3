// Bytes of a fuzzer as a sequence of choices. What is asked for beyond the end is zero, so that every input
// is a whole story. Ask for one thing a statement or an item of a list in braces: compilers order the
// arguments of a function as they like, and a seed is to mean the same to each. No thread rule: values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "schema/bytes.hpp"

namespace pncp::fuzz {

class Choices {
  public:
    explicit Choices(ByteView bytes) : rest_(bytes) {}

    [[nodiscard]] bool left() const { return !rest_.empty(); }
    /// One byte.
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    /// 0 … bound - 1.
    std::size_t below(std::size_t bound) { return byte() % bound; }
    bool flag() { return (byte() & 1U) != 0; }
    /// Small numbers mostly, the ends of the range sometimes.
    std::uint64_t number() {
        const std::uint8_t kind = byte();
        if (kind < 200) return kind;
        if (kind < 216) return std::uint64_t{byte()} << (8 * (kind % 8U));
        if (kind < 236) return ~std::uint64_t{0} - (kind - 216U);
        return (std::uint64_t{1} << 63U) - 1 + (kind & 1U);
    }
    std::int64_t signed_number() { return static_cast<std::int64_t>(number()); }
    Bytes bytes() {
        std::size_t length = byte();
        length = std::min(length, rest_.size());
        Bytes taken = to_bytes(rest_.first(length));
        rest_ = rest_.subspan(length);
        return taken;
    }
    std::string text() { return std::string(text_view(bytes())); }
    /// One of a few ids, so that they meet again.
    Id16 id() { return {{byte()}}; }
    /// One of the names, or any text.
    template <std::size_t N>
    std::string one_of(const char* const (&names)[N]) {
        const std::size_t pick = below(N + 1);
        return pick < N ? std::string(names[pick]) : text();
    }

  private:
    ByteView rest_;
};

}  // namespace pncp::fuzz
