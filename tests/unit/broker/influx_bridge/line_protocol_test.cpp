#include "broker/influx_bridge/line_protocol.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pncp::influx {
namespace {

using namespace std::string_literals;

std::string tag(std::string_view text) {
    std::string out;
    append_tag(out, text);
    return out;
}
std::string measurement(std::string_view text) {
    std::string out;
    append_measurement(out, text);
    return out;
}
std::string field_string(std::string_view text) {
    std::string out;
    append_field_string(out, text);
    return out;
}

struct Case {
    std::string text;
    std::string tag;
    std::string measurement;
    std::string field;
};

class Escapers : public testing::TestWithParam<Case> {};

TEST_P(Escapers, EachFollowsItsOwnRule) {
    EXPECT_EQ(tag(GetParam().text), GetParam().tag);
    EXPECT_EQ(measurement(GetParam().text), GetParam().measurement);
    EXPECT_EQ(field_string(GetParam().text), GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Escapers,
    testing::Values(
        Case{"plain", "plain", "plain", R"("plain")"}, Case{"a b", R"(a\ b)", R"(a\ b)", R"("a b")"},
        Case{"a,b", R"(a\,b)", R"(a\,b)", R"("a,b")"}, Case{"a=b", R"(a\=b)", "a=b", R"("a=b")"},
        Case{R"(a"b)", R"(a"b)", R"(a"b)", R"("a\"b")"}, Case{R"(a\b)", R"(a\b)", R"(a\b)", R"("a\\b")"},
        Case{R"(a\)", "a/", "a/", R"("a\\")"}, Case{R"(a\\)", "a//", "a//", R"("a\\\\")"},
        Case{R"(a\,b)", R"(a/\,b)", R"(a/\,b)", R"("a\\,b")"},
        Case{R"(a\\ b)", R"(a//\ b)", R"(a//\ b)", R"("a\\\\ b")"},
        Case{R"(a\"b)", R"(a/"b)", R"(a/"b)", R"("a\\\"b")"}, Case{"a\nb", R"(a\nb)", R"(a\nb)", "\"a\nb\""},
        Case{"a\r\tb", R"(a\r\tb)", R"(a\r\tb)", "\"a\r\tb\""},
        Case{"a\0b\x7f"s, R"(a\x00b\x7f)", R"(a\x00b\x7f)", "\"a\0b\x7f\""s},
        Case{"#a", "#a", "_a", R"("#a")"}, Case{"\t#a", R"(\t#a)", R"(\t#a)", "\"\t#a\""},
        Case{"°C é 漢 😀", R"(°C\ é\ 漢\ 😀)", R"(°C\ é\ 漢\ 😀)", "\"°C é 漢 😀\""},
        Case{"a\xff\xc3", "a\uFFFD\uFFFD", "a\uFFFD\uFFFD", "\"a\uFFFD\uFFFD\""},
        Case{"\xc0\xaf\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD",
             "\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\""}));

TEST(LineProtocol, NewlineInATagCannotForgeAPoint) {
    Lines lines;
    LineBuilder line(lines, "cpu");
    line.tag("agent", "pi-1 usage=1 1\nagent_status,agent=pi-2 status=\"gone\" 2\n");
    line.double_field("usage", 0.5);
    ASSERT_TRUE(line.finish(7));
    EXPECT_EQ(lines.text.find('\n'), lines.text.size() - 1);
    EXPECT_TRUE(lines.text.ends_with(" usage=0.5 7\n"));
}

TEST(LineProtocol, FieldsKeepTheirTypes) {
    Lines lines;
    LineBuilder line(lines, "m");
    line.field("i", FieldView(std::int64_t{-3}));
    line.field("d", FieldView(0.0));
    line.field("big", FieldView(1e300));
    line.field("b", FieldView(true));
    line.field("s", FieldView(std::string_view("x")));
    ASSERT_TRUE(line.finish(-1));
    EXPECT_EQ(lines.text, "m i=-3i,d=0,big=1e+300,b=true,s=\"x\" -1\n");
}

TEST(LineProtocol, WhatAPointCannotHoldIsLeftOut) {
    Lines lines;
    LineBuilder line(lines, "m");
    line.tag("", "x");
    line.tag("empty", "");
    line.double_field("nan", std::nan(""));
    line.double_field("inf", -std::numeric_limits<double>::infinity());
    line.bool_field("", true);
    line.bool_field("ok", false);
    ASSERT_TRUE(line.finish(1));
    EXPECT_EQ(lines.text, "m ok=false 1\n");
}

TEST(LineProtocol, LineWithoutAFieldIsTakenBack) {
    Lines lines;
    LineBuilder first(lines, "m");
    first.int_field("a", 1);
    ASSERT_TRUE(first.finish(1));
    LineBuilder second(lines, "m");
    second.tag("t", "v");
    second.double_field("nan", std::nan(""));
    EXPECT_FALSE(second.finish(2));
    LineBuilder third(lines, "");
    third.int_field("a", 1);
    EXPECT_FALSE(third.finish(3));
    EXPECT_EQ(lines.text, "m a=1i 1\n");
    EXPECT_EQ(lines.count(), 1U);
}

TEST(LineProtocol, TagOrFieldNamedTimeIsRenamed) {
    Lines lines;
    LineBuilder line(lines, "m");
    line.tag("time", "noon");
    line.int_field("time", 12);
    ASSERT_TRUE(line.finish(1));
    EXPECT_EQ(lines.text, "m,time_=noon time_=12i 1\n");
}

TEST(LineProtocol, StringsAreLeftOutForAStoreThatKeepsNone) {
    Lines lines;
    LineBuilder line(lines, "m", false);
    line.text_field("s", "text");
    line.int_field("i", 1);
    ASSERT_TRUE(line.finish(1));
    EXPECT_EQ(lines.text, "m i=1i 1\n");
}

TEST(LineProtocol, LongStringIsCutBetweenCharactersAndSaysSo) {
    std::string text(kStringFieldBytes - 1, 'x');
    text += "é and more";
    const std::string out = field_string(text);
    EXPECT_TRUE(out.ends_with("x\n[cut here: the first 63999 of 64010 bytes]\""))
        << out.substr(out.size() - 60);
}

TEST(LineProtocol, LongTagIsCut) {
    EXPECT_EQ(tag(std::string(70'000, 'x')).size(), kNameBytes + 3);
    EXPECT_EQ(tag(std::string(70'000, '\\')), std::string(kNameBytes, '/') + "...");
}

TEST(LineProtocol, LinesKnowTheirStartsThoughStringsHoldNewlines) {
    Lines lines;
    for (int i = 0; i < 3; ++i) {
        LineBuilder line(lines, "m");
        line.text_field("s", "a\nb\n");
        ASSERT_TRUE(line.finish(i));
    }
    EXPECT_EQ(lines.line(1), "m s=\"a\nb\n\" 1\n");
    EXPECT_EQ(lines.range(1, 3), "m s=\"a\nb\n\" 1\nm s=\"a\nb\n\" 2\n");
    EXPECT_EQ(lines.range(0, 3), lines.text);
}

}  // namespace
}  // namespace pncp::influx
