#include "schema/metrics_walker.hpp"

#include <bit>
#include <cstddef>
#include <limits>

#include "schema/limits.hpp"

namespace pncp {

namespace {

// First bytes of msgpack's forms. A form of a width is followed by that many bytes, big-endian.
constexpr std::uint8_t kFalse = 0xC2;
constexpr std::uint8_t kTrue = 0xC3;
constexpr std::uint8_t kFloat64 = 0xCB;
constexpr std::uint8_t kUint8 = 0xCC;  // then 16, 32 and 64 bits
constexpr std::uint8_t kInt8 = 0xD0;   // then 16, 32 and 64 bits
constexpr std::uint8_t kString8 = 0xD9;
constexpr std::uint8_t kArray16 = 0xDC;
constexpr std::uint8_t kMap16 = 0xDE;

/// The bytes not yet read. Each read says false, and nothing more is asked for, when they are of another form
/// or end too early.
class Reader {
  public:
    Reader(const std::uint8_t* begin, const std::uint8_t* end) : at_(begin), end_(end) {}
    [[nodiscard]] const std::uint8_t* at() const { return at_; }

    [[nodiscard]] bool array(std::uint32_t& size) {
        return sized(0x90, 0x0F, kArray16, size) && size <= limits::kArrayItems;
    }
    [[nodiscard]] bool map(std::uint32_t& size) {
        return sized(0x80, 0x0F, kMap16, size) && size <= limits::kMapItems;
    }
    [[nodiscard]] bool text(std::string_view& text) {
        if (at_ == end_) return false;
        const std::uint8_t form = *at_++;
        std::size_t size = form & 0x1FU;
        if ((form & 0xE0U) != 0xA0U && !sized_text(form, size)) return false;
        if (size > limits::kStringBytes || size > left()) return false;
        text = {reinterpret_cast<const char*>(at_), size};
        at_ += size;
        return true;
    }
    [[nodiscard]] bool field(FieldView& value) {
        if (at_ == end_) return false;
        const std::uint8_t form = *at_;
        if (form == kFloat64) {
            std::uint64_t bits = 0;
            ++at_;
            if (!number<std::uint64_t>(bits)) return false;
            value = std::bit_cast<double>(bits);
            return true;
        }
        if (form < 0x80 || form >= 0xE0) {
            ++at_;
            value = std::int64_t{static_cast<std::int8_t>(form)};
            return true;
        }
        if (form == kFalse || form == kTrue) {
            ++at_;
            value = form == kTrue;
            return true;
        }
        if (form >= kUint8 && form < kInt8 + 4) return wide_integer(value);
        std::string_view borrowed;
        if (!text(borrowed)) return false;
        value = borrowed;
        return true;
    }

  private:
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    /// An unsigned integer as wide as `Unsigned`, after its first byte.
    template <typename Unsigned, typename To>
    [[nodiscard]] bool number(To& to) {
        if (left() < sizeof(Unsigned)) return false;
        to = load_be<Unsigned>(at_);
        at_ += sizeof(Unsigned);
        return true;
    }
    /// The length of a string, in 8, 16 or 32 bits after its first byte.
    [[nodiscard]] bool sized_text(std::uint8_t form, std::size_t& size) {
        switch (form) {
            case kString8:
                return number<std::uint8_t>(size);
            case kString8 + 1:
                return number<std::uint16_t>(size);
            case kString8 + 2:
                return number<std::uint32_t>(size);
            default:
                return false;
        }
    }
    /// An array's or a map's length: in the first byte, or in 16 or 32 bits after it.
    [[nodiscard]] bool sized(std::uint8_t fixed, std::uint8_t mask, std::uint8_t wide, std::uint32_t& size) {
        if (at_ == end_) return false;
        const std::uint8_t form = *at_++;
        if ((form & ~unsigned{mask}) == fixed) {
            size = form & mask;
            return true;
        }
        return form == wide ? number<std::uint16_t>(size) : form == wide + 1 && number<std::uint32_t>(size);
    }
    /// uint 8 … int 64; one beyond a 64-bit signed integer is refused.
    [[nodiscard]] bool wide_integer(FieldView& value) {
        const std::uint8_t form = *at_++;
        const std::size_t width = std::size_t{1} << (form & 3U);
        if (left() < width) return false;
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < width; ++i) bits = bits << 8U | at_[i];
        at_ += width;
        if (form < kInt8) {
            if (bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
            value = static_cast<std::int64_t>(bits);
            return true;
        }
        const unsigned unused = 64U - 8U * static_cast<unsigned>(width);
        value = static_cast<std::int64_t>(bits << unused) >> unused;
        return true;
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

/// True when the last pair's key is that of one before it. Names that differ mostly do so in length or at
/// their end.
template <typename Pairs>
bool doubled(const Pairs& pairs) {
    const std::string_view key = pairs.back().first;
    for (std::size_t i = 0; i + 1 < pairs.size(); ++i) {
        const std::string_view before = pairs[i].first;
        if (before.size() == key.size() && (key.empty() || (before.back() == key.back() && before == key)))
            return true;
    }
    return false;
}

template <typename Pairs, typename ReadValue>
bool read_pairs(Reader& reader, Pairs& pairs, ReadValue&& read_value) {
    std::uint32_t count = 0;
    pairs.clear();
    if (!reader.map(count)) return false;
    for (; count > 0; --count) {
        auto& [key, value] = pairs.emplace_back();
        if (!reader.text(key) || doubled(pairs) || !read_value(value)) return false;
    }
    return true;
}

}  // namespace

bool MetricsWalker::begin(ByteView body) {
    end_ = body.data() + body.size();
    Reader reader(body.data(), end_);
    std::uint32_t keys = 0;
    std::string_view key;
    const bool good =
        reader.map(keys) && keys == 1 && reader.text(key) && key == "points" && reader.array(points_left_);
    at_ = reader.at();
    return good;
}

bool MetricsWalker::next() {
    Reader reader(at_, end_);
    std::uint32_t parts = 0;
    const bool good =
        reader.array(parts) && parts == 3 && reader.text(point_.measurement) &&
        read_pairs(reader, point_.tags, [&](std::string_view& value) { return reader.text(value); }) &&
        read_pairs(reader, point_.fields, [&](FieldView& value) { return reader.field(value); });
    at_ = reader.at();
    --points_left_;
    return good;
}

}  // namespace pncp
