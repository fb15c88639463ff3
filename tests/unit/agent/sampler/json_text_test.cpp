#include "agent/sampler/json_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pncp {

TEST(JsonText, CommasStandBetweenValuesOnly) {
    JsonText json;
    json.begin_object();
    json.key("a").begin_array().integer(1).integer(-2).begin_object().end_object().end_array();
    json.key("b").begin_object().key("c").string("x").end_object();
    json.key("d").begin_array().end_array();
    json.end_object();
    EXPECT_EQ(json.text(), R"({"a":[1,-2,{}],"b":{"c":"x"},"d":[]})");
}

TEST(JsonText, StringsAreEscapedSoThatNoneCanEndEarly) {
    const auto written = [](std::string_view text) { return JsonText{}.string(text).text(); };
    EXPECT_EQ(written("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(written(std::string_view{"\0\n\t\x1f\x7f", 5}), R"("\u0000\u000a\u0009\u001f\u007f")");
    EXPECT_EQ(written("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST(JsonText, EachByteThatIsNotUtf8IsReplaced) {
    EXPECT_EQ(JsonText{}.string("a\xFF\xC3").text(), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonText, NumbersAreFiniteWithAPointAndTheirDigits) {
    const auto written = [](double number, int digits) { return JsonText{}.decimal(number, digits).text(); };
    EXPECT_EQ(written(12.345, 1), "12.3");
    EXPECT_EQ(written(0, 1), "0.0");
    EXPECT_EQ(written(99.96, 1), "100.0");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN(), 1), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity(), 1), "null");
    EXPECT_EQ(written(1e300, 1), "null");
    EXPECT_EQ(JsonText{}.integer(std::numeric_limits<std::int64_t>::min()).text(), "-9223372036854775808");
}

}  // namespace pncp
