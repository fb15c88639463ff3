#include "cli/groups.hpp"

#include <gtest/gtest.h>

#include "broker/core/target_expression.hpp"

namespace pncp::cli {
namespace {

Groups groups_of(std::string_view text) {
    Groups groups;
    const Status read = read_groups(text, "groups", groups);
    EXPECT_TRUE(read) << (read ? "" : read.error().text());
    return groups;
}

TEST(CliGroups, LinesCommentsAndBlanks) {
    const Groups groups = groups_of("# the house\n\n garden = pi-[1-4], cam-2 \r\nhot=temp>70\nlast = a=b");
    EXPECT_EQ(groups, (Groups{{"garden", "pi-[1-4], cam-2"}, {"hot", "temp>70"}, {"last", "a=b"}}));
}

TEST(CliGroups, LineThatIsNoneIsNamed) {
    for (const char* text : {"a = 1\nwrong\n", "a = 1\n= pi-1\n", "a = 1\nx =\n", "a = 1\nx y = pi-1\n"}) {
        Groups groups;
        const Status read = read_groups(text, "/etc/pncp/groups", groups);
        ASSERT_FALSE(read) << text;
        EXPECT_NE(read.error().message.find("/etc/pncp/groups:2"), std::string::npos);
    }
}

TEST(CliGroups, StandInParenthesesWhereANameMayStand) {
    const Groups groups = groups_of("garden = pi-1,pi-2\nwarm = @garden & temp>40\n");
    const std::vector<std::pair<std::string, std::string>> table{
        {"@garden", "(pi-1,pi-2)"},
        {"pi-9,@garden!pi-1", "pi-9,(pi-1,pi-2)!pi-1"},
        {"pi-*& @garden", "pi-*& (pi-1,pi-2)"},
        {"(@garden)", "((pi-1,pi-2))"},
        {"@warm", "((pi-1,pi-2) & temp>40)"},
        // Not where a value or a regular expression stands.
        {"owner=anna@garden", "owner=anna@garden"},
        {"/^@garden/", "/^@garden/"},
        {"/,@garden/,@garden", "/,@garden/,(pi-1,pi-2)"},
        {"/open", "/open"},
        {"pi-1", "pi-1"},
    };
    for (const auto& [text, filled] : table) {
        const auto made = with_groups(text, groups);
        ASSERT_TRUE(made) << text;
        EXPECT_EQ(*made, filled);
    }
}

TEST(CliGroups, UnknownOneNamesTheNearest) {
    const auto made = with_groups("@gardn", groups_of("garden = pi-1\nhouse = pi-2\n"));
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("@gardn; did you mean @garden?"), std::string::npos)
        << made.error().text();
    EXPECT_NE(with_groups("@x", {}).error().next.find("~/.config/pncp/groups"), std::string::npos);
    EXPECT_FALSE(with_groups("@", groups_of("a = pi-1\n")));
}

TEST(CliGroups, CirclesAndGrowthEndAsErrors) {
    EXPECT_FALSE(with_groups("@a", groups_of("a = @b\nb = @a\n")));
    std::string text = "g0 = pi-1,pi-2,pi-3,pi-4\n";
    for (int i = 1; i < 15; ++i) {
        const std::string before = "@g" + std::to_string(i - 1);
        text += "g" + std::to_string(i) + " = " + before + "," + before + "\n";
    }
    EXPECT_FALSE(with_groups("@g14", groups_of(text)));
    EXPECT_TRUE(with_groups("@g3", groups_of(text)));
}

TEST(CliGroups, FilledExpressionIsOneForTheBroker) {
    const auto made = with_groups("@warm!pi-2", groups_of("garden = pi-[1-3]\nwarm = @garden & temp>40\n"));
    ASSERT_TRUE(made);
    EXPECT_TRUE(broker::TargetExpression::parse(*made));
}

}  // namespace
}  // namespace pncp::cli
