// The walker is the codec's twin for metrics bodies: it takes what the codec takes and refuses what it
// refuses. (tests/fuzz/metrics_fuzz.cpp asks the same of any bytes.)
#include "schema/metrics_walker.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "schema/codec.hpp"
#include "schema/limits.hpp"
#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

/// What the walker shows, as the codec would have decoded it; nullopt when refused.
std::optional<MetricsBody> walked(ByteView body) {
    MetricsWalker walker;
    MetricsBody out;
    const bool good = walker.walk(body, [&](const PointView& shown) {
        Point& point = out.points.emplace_back();
        point.measurement = shown.measurement;
        for (const auto& [key, value] : shown.tags) point.tags.emplace_back(key, value);
        for (const auto& [key, value] : shown.fields)
            std::visit(
                [&, name = std::string(key)](const auto& each) {
                    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(each)>, std::string_view>)
                        point.fields.emplace_back(name, std::string(each));
                    else
                        point.fields.emplace_back(name, each);
                },
                value);
    });
    EXPECT_EQ(walker.good(body), good);
    if (!good) return std::nullopt;
    return out;
}

void expect_as_decoded(ByteView body, bool good) {
    const auto decoded = decode<MetricsBody>(body);
    EXPECT_EQ(decoded.has_value(), good) << to_hex(body.first(std::min<std::size_t>(body.size(), 64)));
    EXPECT_EQ(walked(body), decoded) << to_hex(body.first(std::min<std::size_t>(body.size(), 64)));
}

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}
Bytes text(std::string_view word) {
    return Bytes{static_cast<std::uint8_t>(0xA0U | word.size())} + to_bytes(view(word));
}
/// A body of one point `m` with one field `f`, whose value is these bytes.
Bytes with_field(const Bytes& value) {
    return Bytes{0x81} + text("points") + Bytes{0x91, 0x93} + text("m") + Bytes{0x80, 0x81} + text("f") +
           value;
}
/// {"points": [["m", {}, {}] …]}, with these bytes in place of the array's first ones.
Bytes with_points(const Bytes& array, std::size_t points) {
    Bytes body = Bytes{0x81} + text("points") + array;
    for (std::size_t i = 0; i < points; ++i) body = body + Bytes{0x93} + text("m") + Bytes{0x80, 0x80};
    return body;
}

MetricsBody extremes() {
    const std::string long_text(limits::kStringBytes, 'x');
    MetricsBody body = samples::metrics();
    Point numbers{"numbers", {{"", "empty key"}, {"empty", ""}}, {}};
    for (const std::int64_t value : {std::int64_t{0},
                                     std::int64_t{127},
                                     std::int64_t{128},
                                     std::int64_t{255},
                                     std::int64_t{256},
                                     std::int64_t{65'535},
                                     std::int64_t{65'536},
                                     std::int64_t{4'294'967'295},
                                     std::int64_t{4'294'967'296},
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::int64_t{-1},
                                     std::int64_t{-32},
                                     std::int64_t{-33},
                                     std::int64_t{-128},
                                     std::int64_t{-129},
                                     std::int64_t{-32'768},
                                     std::int64_t{-32'769},
                                     std::int64_t{-2'147'483'648},
                                     std::int64_t{-2'147'483'649},
                                     std::numeric_limits<std::int64_t>::min()})
        numbers.fields.emplace_back("i" + std::to_string(value), value);
    numbers.fields.emplace_back("d", -0.1);
    numbers.fields.emplace_back("infinite", std::numeric_limits<double>::infinity());
    numbers.fields.emplace_back("true", true);
    numbers.fields.emplace_back("text of 32 bytes", std::string(32, 'y'));
    numbers.fields.emplace_back("text of 256 bytes", std::string(256, 'z'));
    numbers.fields.emplace_back("longest", long_text);
    body.points.push_back(numbers);
    return body;
}

TEST(MetricsWalker, ShowsWhatTheCodecDecodes) {
    expect_as_decoded(encode(samples::metrics()), true);
    expect_as_decoded(encode(extremes()), true);
    expect_as_decoded(encode(MetricsBody{}), true);
}

TEST(MetricsWalker, ABodyCutAnywhereOrLongerIsRefused) {
    Bytes body = encode(samples::metrics());
    for (std::size_t length = 0; length < body.size(); ++length)
        expect_as_decoded(ByteView(body).first(length), false);
    body.push_back(0xC0);
    expect_as_decoded(body, false);
}

TEST(MetricsWalker, EveryChangedByteMeansWhatItMeansToTheCodec) {
    Bytes body = encode(samples::metrics());
    for (std::uint8_t& byte : body) {
        const std::uint8_t right = byte;
        for (unsigned value = 0; value < 256; ++value) {
            byte = static_cast<std::uint8_t>(value);
            ASSERT_EQ(walked(body).has_value(), decode<MetricsBody>(body).has_value()) << to_hex(body);
        }
        byte = right;
    }
}

TEST(MetricsWalker, ValuesOfOtherTypesAreRefused) {
    expect_as_decoded(with_field({0xCA, 0x3F, 0x80, 0, 0}), false);                      // float 32
    expect_as_decoded(with_field({0xC0}), false);                                        // nil
    expect_as_decoded(with_field({0xC1}), false);                                        // never used
    expect_as_decoded(with_field({0xC4, 1, 'x'}), false);                                // binary
    expect_as_decoded(with_field({0xD4, 1, 'x'}), false);                                // extension
    expect_as_decoded(with_field({0x90}), false);                                        // array
    expect_as_decoded(with_field({0x80}), false);                                        // map
    expect_as_decoded(with_field({0xCF, 0x80, 0, 0, 0, 0, 0, 0, 0}), false);             // 2^63
    expect_as_decoded(with_field({0xD3, 0, 0, 0, 0, 0, 0, 0, 5}), true);                 // wider than needed
    expect_as_decoded(with_field({0xD9, 1, 'x'}), true);                                 // likewise
    expect_as_decoded(with_field({0xDB, 0, 0, 0, 1, 'x'}), true);                        // likewise
    expect_as_decoded(with_field({0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 'x'}), false);           // no such text
    expect_as_decoded(with_field(Bytes{0xDA, 0x40, 0x01} + Bytes(16'385, 'x')), false);  // too long a text
    expect_as_decoded(with_field(Bytes{0xDA, 0x40, 0x00} + Bytes(16'384, 'x')), true);
}

TEST(MetricsWalker, LimitsOfItemsAreTheCodecs) {
    expect_as_decoded(with_points({0x92}, 2), true);
    expect_as_decoded(with_points({0xDC, 0x01, 0x00}, 256), true);
    expect_as_decoded(with_points({0xDC, 0x01, 0x01}, 257), false);
    expect_as_decoded(with_points({0xDD, 0, 0, 0, 2}, 2), true);
    expect_as_decoded(with_points({0xDD, 0xFF, 0xFF, 0xFF, 0xFF}, 2), false);
    for (const std::size_t fields : {256U, 257U}) {
        Point point{"m", {}, {}};
        for (std::size_t i = 0; i < fields; ++i) point.fields.emplace_back(std::to_string(i), true);
        expect_as_decoded(encode(MetricsBody{{point}}), fields == 256);
    }
}

TEST(MetricsWalker, DoubledAndUnknownKeysAreRefused) {
    const MetricsBody doubled_field{{{"m", {}, {{"ab", true}, {"cb", true}, {"ab", false}}}}};
    const MetricsBody doubled_tag{{{"m", {{"", "x"}, {"", "y"}}, {{"f", true}}}}};
    expect_as_decoded(encode(doubled_field), false);
    expect_as_decoded(encode(doubled_tag), false);
    expect_as_decoded(Bytes{0x80}, false);
    expect_as_decoded(Bytes{0x81} + text("point") + Bytes{0x90}, false);
    expect_as_decoded(Bytes{0x82} + text("points") + Bytes{0x90} + text("points") + Bytes{0x90}, false);
    expect_as_decoded(Bytes{0x82} + text("points") + Bytes{0x90} + text("x") + Bytes{0x90}, false);
    expect_as_decoded(Bytes{0x81} + Bytes{0xC4, 6, 'p', 'o', 'i', 'n', 't', 's'} + Bytes{0x90}, false);
    expect_as_decoded(Bytes{}, false);
}

}  // namespace
}  // namespace pncp
