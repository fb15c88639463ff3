#include "schema/program/toml_file.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

TEST(TomlFile, FlattensTablesWithTheirLines) {
    const auto entries = parse_toml(
        "b = 1\n[influx]\nurl = \"http://x\"\n\n[influx.tls]\nverify = true\nshare = 0.5\n", "f.toml");
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 4U);
    EXPECT_EQ((*entries)[0].key, "b");
    EXPECT_EQ((*entries)[0].type, TomlType::integer);
    EXPECT_EQ((*entries)[1].key, "influx.url");
    EXPECT_EQ((*entries)[1].text, "http://x");
    EXPECT_EQ((*entries)[1].line, 3);
    EXPECT_EQ((*entries)[2].key, "influx.tls.verify");
    EXPECT_EQ((*entries)[2].text, "true");
    EXPECT_EQ((*entries)[2].line, 6);
    EXPECT_EQ((*entries)[3].text, "0.5");
}

TEST(TomlFile, ListsKeepTheirItemsWithCommas) {
    const auto entries = parse_toml("a = [\"x,y\", \"z\"]\nb = [[1]]\nc = 2026-01-01\nd = {}\n", "f.toml");
    ASSERT_TRUE(entries);
    EXPECT_EQ((*entries)[0].items, (std::vector<std::string>{"x,y", "z"}));
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ((*entries)[i].type, TomlType::other) << i;
}

TEST(TomlFile, ASyntaxErrorNamesFileLineAndColumn) {
    const auto entries = parse_toml("a = 1\nb = = 2\n", "/etc/pncp/broker.toml");
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().message.rfind("/etc/pncp/broker.toml:2:", 0), 0U) << entries.error().message;
    EXPECT_NE(entries.error().message.find("not valid TOML"), std::string::npos);
}

TEST(TomlFile, HostileTextIsAnErrorNotACrash) {
    EXPECT_FALSE(parse_toml("a = " + std::string(100'000, '['), "f.toml"));
    EXPECT_FALSE(parse_toml("a = \"\xff\xfe\"", "f.toml"));
    EXPECT_FALSE(parse_toml(std::string("a = 1\n\0b = 2", 12), "f.toml"));
    EXPECT_FALSE(parse_toml("a = 1\na = 2", "f.toml"));
    EXPECT_FALSE(parse_toml("a = 99999999999999999999", "f.toml"));
}

}  // namespace
}  // namespace pncp
