#include "agent/script/json_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/script/script_output.hpp"

namespace pncp::agent {
namespace {

TEST(JsonReader, AFlatObjectGivesItsMembersInOrder) {
    const auto fields = read_flat_json(
        "\n{ \"watts\" : 12.5, \"count\":3,\"small\":-1e-3, \"on\":true,\"off\":false, \"text\":\"a "
        "\\\"b\\\" "
        "\\u00e4 \\ud83d\\ude00 \\/\", \"gone\":null }\r\n");
    ASSERT_TRUE(fields) << fields.error().text();
    const JsonFields expected{{"watts", 12.5}, {"count", 3.0}, {"small", -0.001},
                              {"on", true},    {"off", false}, {"text", std::string("a \"b\" ä 😀 /")}};
    EXPECT_EQ(*fields, expected);
    EXPECT_TRUE(read_flat_json("{}")->empty());
}

TEST(JsonReader, WhatIsNotOneFlatObjectIsRefused) {
    for (const char* text : {"",
                             " ",
                             "[1]",
                             "1",
                             "null",
                             "{",
                             "{\"a\"",
                             "{\"a\":",
                             "{\"a\":1",
                             "{\"a\":1,",
                             "{\"a\":1,}",
                             "{\"a\":1}x",
                             "{\"a\":1}{}",
                             "{\"a\":[1]}",
                             "{\"a\":{}}",
                             "{a:1}",
                             "{\"\":1}",
                             "{\"a\":1,\"a\":2}",
                             "{\"a\":1e999}",
                             "{\"a\":NaN}",
                             "{\"a\":inf}",
                             "{\"a\":-inf}",
                             "{\"a\":+1}",
                             "{\"a\":.5}",
                             "{\"a\":\"x}",
                             "{\"a\":\"\\",
                             "{\"a\":\"\\u12\"}",
                             "{\"a\":\"\\ud83d\"}",
                             "{\"a\":\"\\ude00\"}",
                             "{\"a\":\"\\ud83d\\u0041\"}",
                             "{\"a\":tru}",
                             "{\"a\":nul}"})
        EXPECT_FALSE(read_flat_json(text)) << text;
}

TEST(JsonReader, AnEscapedControlCharacterIsRefusedToo) {
    for (const char* text :
         {R"({"a":"\n"})", R"({"a":"\u000a"})", R"({"a":"\u0000"})", R"({"a":"\u0085"})", R"({"a\tb":1})"})
        EXPECT_FALSE(read_flat_json(text)) << text;
}

TEST(JsonReader, SizesAreBounded) {
    EXPECT_FALSE(read_flat_json("{\"a\":\"" + std::string(kScriptTextBytes + 1, 'x') + "\"}"));
    EXPECT_TRUE(read_flat_json("{\"a\":\"" + std::string(kScriptTextBytes, 'x') + "\"}"));
    EXPECT_FALSE(read_flat_json("{\"" + std::string(kScriptTextBytes + 1, 'x') + "\":1}"));
    EXPECT_FALSE(read_flat_json(std::string(1'000'000, '[')));
    EXPECT_FALSE(read_flat_json("{\"a\":" + std::string(1'000'000, '{')));
    std::string many = "{\"f\":0";
    for (int i = 0; i < 256; ++i) many += ",\"f" + std::to_string(i) + "\":0";
    EXPECT_THAT(read_flat_json(many + "}").error().message, testing::HasSubstr("more than 256"));
}

}  // namespace
}  // namespace pncp::agent
