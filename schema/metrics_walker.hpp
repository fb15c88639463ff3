// Reads a metrics body in place: point after point, as views into the body's bytes, with no copy. For those
// who meet thousands of samples a second; everybody else decodes a MetricsBody. Accepts exactly what
// decode<MetricsBody> accepts (schema/msgpack_read.hpp): the same types, limits, doubled keys and trailing
// bytes, which the fuzz target `metrics` holds against each other.
//
// One thread a walker. Its memory grows to the largest point and is used again. What a point shows lives as
// long as the body and until the next point.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "schema/bytes.hpp"

namespace pncp {

/// As FieldValue (schema/point.hpp), with the text borrowed.
using FieldView = std::variant<std::int64_t, double, bool, std::string_view>;

/// As Point, borrowed.
struct PointView {
    std::string_view measurement;
    std::vector<std::pair<std::string_view, std::string_view>> tags;
    std::vector<std::pair<std::string_view, FieldView>> fields;
};

class MetricsWalker {
  public:
    /// Gives each point of the body to `each(const PointView&)`, in order. False: it is no metrics body, and
    /// the points before the fault were given already: the caller takes back what it made of them.
    template <typename Each>
    [[nodiscard]] bool walk(ByteView body, Each&& each) {
        if (!begin(body)) return false;
        while (points_left_ > 0) {
            if (!next()) return false;
            each(point_);
        }
        return at_ == end_;
    }

    /// True when the body is a metrics body.
    [[nodiscard]] bool good(ByteView body) {
        return walk(body, [](const PointView&) {});
    }

  private:
    [[nodiscard]] bool begin(ByteView body);
    [[nodiscard]] bool next();

    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    std::uint32_t points_left_ = 0;
    PointView point_;
};

}  // namespace pncp
