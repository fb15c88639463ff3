#include "broker/app/alerts_file.hpp"

#include <gtest/gtest.h>

namespace pncp::broker {
namespace {

using Kind = Condition::Kind;

TEST(AlertCondition, IsReadAsPeopleWriteIt) {
    const auto is = [](std::string_view text, const Condition& wanted) {
        const auto read = parse_condition(text);
        EXPECT_TRUE(read.ok() && *read == wanted) << text;
    };
    is("offline > 2m", {Kind::offline, "", "", 0, false, 120'000});
    is("temp > 80 for 1m", {Kind::above, "temp", "temp", 80, false, 60'000});
    is("temp>80", {Kind::above, "temp", "temp", 80, false, 0});
    is("disk_free < 10%", {Kind::below, "disk", "used_percent", 10, true, 0});
    is("mem.used_percent >= 95 for 5m", {Kind::at_least, "mem", "used_percent", 95, false, 300'000});
    is("under_voltage", {Kind::flag, "pi_throttled", "under_voltage", 0, false, 0});
    is(" disk.read_only for 10s ", {Kind::flag, "disk", "read_only", 0, false, 10'000});
}

TEST(AlertCondition, AMistakeIsNamed) {
    for (const char* text :
         {"", "offline", "offline < 2m", "offline > 2", "temp", "temp > hot", "temp > ", "temp = 80", "> 80",
          "temp > 80 for", "temp > 80 for ever", "a. > 1", ".b > 1", "temp > 80 90", "offline > 2m for 1m"}) {
        const auto read = parse_condition(text);
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_NE(read.error().next.find("conditions are such as"), std::string::npos);
    }
}

TEST(AlertsFile, HoldsRules) {
    const auto rules = parse_alerts(R"(
[[alert]]
name = "hot"
when = "temp > 80 for 1m"
clear = "temp < 70"
agents = "site=roof,pi-[1-3]"
send = ["fan", "full"]

[[alert]]
name = "gone"
when = "offline > 2m"
)",
                                    "alerts.toml");
    ASSERT_TRUE(rules.ok()) << rules.error().text();
    ASSERT_EQ(rules->size(), 2U);
    EXPECT_EQ((*rules)[0].clear->number, 70);
    EXPECT_EQ((*rules)[0].send, (std::vector<std::string>{"fan", "full"}));
    EXPECT_EQ((*rules)[1].agents, "*");
}

TEST(AlertsFile, EveryMistakeIsNamedWithItsLine) {
    const auto message = [](std::string_view text) {
        const auto rules = parse_alerts(text, "f");
        return rules.ok() ? "" : rules.error().message;
    };
    EXPECT_EQ(message("[[alert]]\nname = \"a\"\nwhen = \"temp\""),
              "f:3: the condition 'temp' compares nothing");
    EXPECT_EQ(message("[[alert]]\nname = \"a\""), "f:2: this rule needs a name and a condition (when)");
    EXPECT_EQ(message("[[alert]]\nname = \"a\"\nwhen = \"temp > 1\"\nfoo = \"x\""), "f:4: unknown key 'foo'");
    EXPECT_EQ(message("x = 1"), "f:1: unknown key 'x'");
    EXPECT_EQ(
        message("[[alert]]\nname = \"a\"\nwhen = \"temp > 1\"\n[[alert]]\nname = \"a\"\nwhen = \"temp > 2\""),
        "f:2: two rules are called 'a'");
    EXPECT_NE(
        message("[[alert]]\nname = \"a\"\nwhen = \"temp > 1\"\nagents = \"(\"").find("f:4: in the target"),
        std::string::npos);
    EXPECT_EQ(message("[[alert]]\nname = \"a\"\nwhen = \"temp > 1\"\nclear = \"offline > 1m\"").substr(0, 24),
              "f:4: clear can't be abou");
    EXPECT_EQ(message("[[alert]]\nname = \"a\"\nwhen = \"temp > 1\"\nsend = [\"no such; command\"]"),
              "f:4: send must be a list: a command, then its arguments");
}

TEST(AlertsFile, AnAlertMustNotEndWhileItsConditionHolds) {
    const auto taken = [](const std::string& when, const std::string& clear) {
        const auto rules =
            parse_alerts("[[alert]]\nname = \"a\"\nwhen = \"" + when + "\"\nclear = \"" + clear + "\"", "f");
        if (!rules) {
            EXPECT_EQ(rules.error().message, "f:2: clear of 'a' holds where when holds too");
        }
        return rules.ok();
    };
    EXPECT_TRUE(taken("temp > 80", "temp < 70"));
    EXPECT_TRUE(taken("temp > 80", "temp <= 80"));
    EXPECT_TRUE(taken("disk_free < 10%", "disk_free > 20%"));
    EXPECT_TRUE(taken("temp > 80", "mem.used_percent < 50")) << "of two fields nobody can say";
    EXPECT_FALSE(taken("temp >= 80", "temp <= 80"));
    EXPECT_FALSE(taken("temp > 80", "temp > 90"));
    EXPECT_FALSE(taken("temp > 80", "temp < 90"));
    EXPECT_FALSE(taken("disk_free < 10%", "disk_free > 5%"));
    EXPECT_FALSE(taken("under_voltage", "under_voltage"));
}

TEST(AlertsFile, AMissingFileHasNoRules) {
    const auto rules = load_alerts("/nonexistent/alerts.toml");
    EXPECT_TRUE(rules.ok() && rules->empty());
}

}  // namespace
}  // namespace pncp::broker
