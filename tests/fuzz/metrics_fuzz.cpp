// Invariant: the walker takes a metrics body exactly when the codec does, and shows what the codec decodes.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "schema/codec.hpp"
#include "schema/metrics_walker.hpp"

namespace {

using namespace pncp;

bool same(const FieldView& shown, const FieldValue& decoded) {
    if (shown.index() != decoded.index()) return false;
    if (const auto* number = std::get_if<double>(&shown))  // bits: NaN is not equal to itself
        return std::memcmp(number, std::get_if<double>(&decoded), sizeof *number) == 0;
    if (const auto* text = std::get_if<std::string_view>(&shown))
        return *text == *std::get_if<std::string>(&decoded);
    if (const auto* flag = std::get_if<bool>(&shown)) return *flag == *std::get_if<bool>(&decoded);
    return *std::get_if<std::int64_t>(&shown) == *std::get_if<std::int64_t>(&decoded);
}

bool same(const PointView& shown, const Point& decoded) {
    bool equal = shown.measurement == decoded.measurement && shown.tags.size() == decoded.tags.size() &&
                 shown.fields.size() == decoded.fields.size();
    for (std::size_t i = 0; equal && i < shown.tags.size(); ++i)
        equal =
            shown.tags[i].first == decoded.tags[i].first && shown.tags[i].second == decoded.tags[i].second;
    for (std::size_t i = 0; equal && i < shown.fields.size(); ++i)
        equal = shown.fields[i].first == decoded.fields[i].first &&
                same(shown.fields[i].second, decoded.fields[i].second);
    return equal;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static MetricsWalker walker;
    const ByteView body(data, size);
    const auto decoded = decode<MetricsBody>(body);
    if (walker.good(body) != decoded.has_value()) std::abort();
    if (!decoded) return 0;
    std::size_t index = 0;
    const bool good = walker.walk(body, [&](const PointView& point) {
        if (index == decoded->points.size() || !same(point, decoded->points[index])) std::abort();
        ++index;
    });
    if (!good || index != decoded->points.size()) std::abort();
    return 0;
}
