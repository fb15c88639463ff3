#include "agent/script/script_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/codec.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::agent {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text, ScriptFormat format = ScriptFormat::influx) {
    const auto found = parse_script_output(text, format, "mine");
    return found ? "" : found.error().message;
}

TEST(ScriptOutput, LineProtocolBecomesPointsWithTheTypesAsWritten) {
    const auto found = parse_script_output(
        "# comment\nsolar,panel=a\\ b,site=x watts=12.5,count=3i,on=t,text=\"a \\\"b\\\", c\" "
        "1700000000\r\n\nplain v=1\n",
        ScriptFormat::influx, "mine");
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->points.size(), 2U);
    const Point expected{
        "solar",
        {{"panel", "a b"}, {"site", "x"}},
        {{"watts", 12.5}, {"count", std::int64_t{3}}, {"on", true}, {"text", std::string("a \"b\", c")}}};
    EXPECT_EQ(found->points[0], expected);
    EXPECT_EQ(found->points[1], (Point{"plain", {}, {{"v", 1.0}}}));
    EXPECT_EQ(found->left_out, 0U);
}

TEST(ScriptOutput, AJsonObjectBecomesOnePointWhoseNumbersAreFloats) {
    const auto found =
        parse_script_output(R"({"watts": 12, "on": true, "gone": null})", ScriptFormat::json, "solar");
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->points.size(), 1U);
    EXPECT_EQ(found->points[0], (Point{"solar", {}, {{"watts", 12.0}, {"on", true}}}));
    EXPECT_TRUE(parse_script_output("{}", ScriptFormat::json, "solar")->points.empty());
    EXPECT_TRUE(parse_script_output("", ScriptFormat::influx, "solar")->points.empty());
}

TEST(ScriptOutput, AMistakeIsNamedWithItsLine) {
    const std::pair<const char*, const char*> wrong[] = {
        {"a v=1\nb\n", "line 2: fields are missing"},
        {"a v=\n", "neither number"},
        {"a v=1u\n", "neither number"},
        {"a v=NaN\n", "neither number"},
        {"a v=inf\n", "neither number"},
        {"a v=\"x\n", "neither number"},
        {",t=1 v=1\n", "measurement"},
        {"a,t v=1\n", "tag is not"},
        {"a,t=1,t=2 v=1\n", "tag stands"},
        {"a v=1,v=2\n", "field stands"},
        {"a v=1 then\n", "no time"},
        {"cpu v=1\n", "PNCP itself"},
        {"pi_script,script=x ok=true\n", "PNCP itself"},
        {"a v=1 1\na v=2 2\n", "line 2 repeats"},
        {"a,x=1,y=2 v=1\n#\na,y=2,x=1 v=1\n", "line 3 repeats a field of the series of line 1"},
        {"a v=9223372036854775808i", "neither"}};
    for (const auto& [text, part] : wrong) EXPECT_THAT(refusal(text), HasSubstr(part)) << text;
}

TEST(ScriptOutput, LinesOfOneSeriesMayHaveDifferentFields) {
    const auto found = parse_script_output("a v=1\na w=2\na,x=1 v=1\n", ScriptFormat::influx, "mine");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->points.size(), 3U);
}

TEST(ScriptOutput, AScriptCanNotSayWhoItIsOrWhen) {
    for (const char* text : {"a,host=other v=1", "a,agent=pi-2 v=1", "a,time=1 v=1", "a host=\"x\"",
                             "a time=1", "a,ho\\st=x v=1\na,host=x v=1"})
        EXPECT_THAT(refusal(text), HasSubstr("agent, host and time")) << text;
    EXPECT_THAT(refusal("{\"host\": \"other\"}", ScriptFormat::json), HasSubstr("agent, host and time"));
}

TEST(ScriptOutput, ALineFeedInATextCannotForgeAPoint) {
    EXPECT_NE(refusal("a text=\"x\ncpu usage_idle=0\""), "");
    EXPECT_NE(refusal("a,t=x\\\ncpu usage_idle=0"), "");
    EXPECT_NE(refusal("{\"a\": \"x\\ncpu usage_idle=0\"}", ScriptFormat::json), "");
}

TEST(ScriptOutput, WhatIsNoTextIsRefusedWhole) {
    for (const std::string& text :
         {std::string("a v=1\n\0", 7), std::string("a v=1\n\x1b[2J"), std::string("\xff"),
          std::string("a t=\"\xc3\""), std::string(100, '\x7f')}) {
        EXPECT_THAT(refusal(text), HasSubstr("control characters"));
        EXPECT_THAT(refusal(text, ScriptFormat::json), HasSubstr("control characters"));
    }
}

TEST(ScriptOutput, AFieldOfTheJsonMustNotBeAMeasurementOfPncp) {
    EXPECT_FALSE(parse_script_output("{\"a\": 1}", ScriptFormat::json, "cpu"));
}

TEST(ScriptOutput, PointsThatDoNotFitARowAreLeftOutAndCounted) {
    std::string many;
    for (std::size_t i = 0; i < kScriptPoints + 7; ++i) many += "a,n=" + std::to_string(i) + " v=1\n";
    const auto found = parse_script_output(many, ScriptFormat::influx, "mine");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->points.size(), kScriptPoints);
    EXPECT_EQ(found->left_out, 7U);

    std::string large;
    for (int i = 0; i < 64; ++i)
        large += "a,n=" + std::to_string(i) + " v=\"" + std::string(1'000, 'x') + "\"\n";
    const auto cut = parse_script_output(large, ScriptFormat::influx, "mine");
    ASSERT_TRUE(cut);
    EXPECT_GT(cut->points.size(), 10U);
    EXPECT_EQ(cut->points.size() + cut->left_out, 64U);
    EXPECT_LE(encode(MetricsBody{cut->points}).size(), kScriptRowBytes);
}

TEST(ScriptOutput, NamesAndTextsAreBounded) {
    EXPECT_NE(refusal("a v=\"" + std::string(2'000, 'x') + "\""), "");
    EXPECT_NE(refusal(std::string(2'000, 'a') + " v=1"), "");
    std::string fields = "a f=1";
    for (int i = 0; i < 256; ++i) fields += ",f" + std::to_string(i) + "=1";
    EXPECT_THAT(refusal(fields), HasSubstr("too many fields"));
}

}  // namespace
}  // namespace pncp::agent
