#include "schema/program/dotenv.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

std::string value_of(std::string_view line) {
    const auto entries = parse_dotenv(line, ".env");
    if (!entries) return "error: " + entries.error().text();
    return entries->size() == 1 ? entries->front().value : "entries: " + std::to_string(entries->size());
}

TEST(Dotenv, ReadsNamesValuesAndLines) {
    const auto entries = parse_dotenv("# secrets\n\nPNCP_SECRET=abc\r\n  export B = ignored\n", ".env");
    ASSERT_FALSE(entries);  // "B " is no name
    const auto good = parse_dotenv("# secrets\n\nPNCP_SECRET=abc\r\n  export B=2\nPNCP_SECRET=last", ".env");
    ASSERT_TRUE(good);
    ASSERT_EQ(good->size(), 3U);
    EXPECT_EQ((*good)[0].name, "PNCP_SECRET");
    EXPECT_EQ((*good)[0].value, "abc");
    EXPECT_EQ((*good)[0].line, 3);
    EXPECT_EQ((*good)[1].name, "B");
    EXPECT_EQ((*good)[2].line, 5);
}

TEST(Dotenv, KnowsQuotesEscapesAndComments) {
    EXPECT_EQ(value_of("A=plain # comment"), "plain");
    EXPECT_EQ(value_of("A=pass#word"), "pass#word");
    EXPECT_EQ(value_of("A="), "");
    EXPECT_EQ(value_of("A=#c"), "");
    EXPECT_EQ(value_of("A='as \\n is # too'"), "as \\n is # too");
    EXPECT_EQ(value_of("A=\"x\\n\\\"y\\\" \\$z\" # comment"), "x\n\"y\" $z");
    EXPECT_EQ(value_of("A=a=b"), "a=b");
    EXPECT_EQ(value_of("A=$HOME"), "$HOME");
}

TEST(Dotenv, ErrorsNameTheLineButNeverTheValue) {
    for (const char* text : {"\nhunter2", "\nA=\"hunter2", "\nA='hunter2' more", "\nA=\"hunter2\\\"",
                             "\n1A=hunter2", "\n=hunter2"}) {
        const auto entries = parse_dotenv(text, "/etc/pncp/.env");
        ASSERT_FALSE(entries) << text;
        EXPECT_EQ(entries.error().message.rfind("/etc/pncp/.env:2: ", 0), 0U) << entries.error().message;
        EXPECT_EQ(entries.error().text().find("hunter2"), std::string::npos) << entries.error().text();
    }
}

}  // namespace
}  // namespace pncp
