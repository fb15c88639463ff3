#include "broker/core/target_expression.hpp"

#include <gtest/gtest.h>

#include "broker/core/name_ranges.hpp"

namespace pncp::broker {
namespace {

using List = std::vector<std::string>;

/// The agents of a small fleet that an expression means; the error's text when it is none.
List meant(std::string_view text) {
    static const List camera{"role=camera", "site=lab"};
    static const List lamp{"role=lamp"};
    static const List none;
    const TargetFacts fleet[] = {
        {"cam-1", "online", "Raspberry Pi 5 Model B", "0.2.0", "10.0.0.1", &camera, 71.5},
        {"cam-2", "offline", "Raspberry Pi Zero 2 W", "0.1.0", "10.0.0.2", &camera, std::nullopt},
        {"pi-1", "online", "Raspberry Pi 4 Model B", "0.2.0", "10.0.1.1", &lamp, 45.0},
        {"pi-2", "stale", "Raspberry Pi 4 Model B", "0.2.0", "10.0.1.2", &none, 80.0},
        {"pi-10", "never", "", "", "", &none, std::nullopt}};
    const auto expression = TargetExpression::parse(text);
    if (!expression) return {expression.error().message};
    List found;
    for (const TargetFacts& agent : fleet)
        if (expression->matches(agent)) found.emplace_back(agent.id);
    return found;
}

TEST(TargetExpression, NamesRangesAndGlobs) {
    EXPECT_EQ(meant("pi-1"), List{"pi-1"});
    EXPECT_EQ(meant("pi-[1-2]"), (List{"pi-1", "pi-2"}));
    EXPECT_EQ(meant("pi-[1,10], cam-1"), (List{"cam-1", "pi-1", "pi-10"}));
    EXPECT_EQ(meant("pi-?"), (List{"pi-1", "pi-2"}));
    EXPECT_EQ(meant("*"), (List{"cam-1", "cam-2", "pi-1", "pi-2", "pi-10"}));
    EXPECT_EQ(meant("/^(cam|pi)-1$/"), (List{"cam-1", "pi-1"}));
}

TEST(TargetExpression, SetsAreJoinedFromLeftToRight) {
    EXPECT_EQ(meant("*!pi-*"), (List{"cam-1", "cam-2"}));
    EXPECT_EQ(meant("pi-1,cam-*&cam-1"), List{"cam-1"});
    EXPECT_EQ(meant("pi-1,(cam-*&cam-1)"), (List{"cam-1", "pi-1"}));
    EXPECT_EQ(meant("* ! ( pi-* , cam-2 )"), List{"cam-1"});
}

TEST(TargetExpression, FactsAndTags) {
    EXPECT_EQ(meant("role=camera"), (List{"cam-1", "cam-2"}));
    EXPECT_EQ(meant("role=cam*&site!=home"), (List{"cam-1", "cam-2"}));
    EXPECT_EQ(meant("role!=camera"), (List{"pi-1", "pi-2", "pi-10"}));
    EXPECT_EQ(meant("model~pi 5"), List{"cam-1"});
    EXPECT_EQ(meant("temp>70"), (List{"cam-1", "pi-2"}));
    EXPECT_EQ(meant("temp<70"), List{"pi-1"}) << "who has no temperature is neither above nor below";
    EXPECT_EQ(meant("state=online&version=0.2.*"), (List{"cam-1", "pi-1"}));
    EXPECT_EQ(meant("address=10.0.1.*"), (List{"pi-1", "pi-2"}));
}

TEST(TargetExpression, WhatIsNamedOutrightIsKnownToTheCaller) {
    const auto expression = TargetExpression::parse("pi-[08-10],cam-*,pi-9!role=x");
    ASSERT_TRUE(expression.ok());
    EXPECT_EQ(expression->names(), (List{"pi-08", "pi-09", "pi-10", "pi-9"}));
}

TEST(TargetExpression, AMistakeIsNamedWithItsPlace) {
    const std::pair<const char*, const char*> wrong[] = {
        {"", "at character 1"},
        {"pi-1,", "at character 6"},
        {"(pi-1", "without its )"},
        {"pi-1)", "unexpected ')'"},
        {"pi-[1-", "without its ]"},
        {"pi-[9-1]", "counts down"},
        {"pi-[a]", "list of numbers"},
        {"/x", "second /"},
        {"/(/", "regular expression"},
        {"=x", "name and a value"},
        {"temp=5", "only temp"},
        {"temp>hot", "no number"},
        {"model>5", "only temp"},
        {"&pi-1", "missing"},
        {"pi-*&!pi-1", "! leaves out of what stands before it"},
        {"Pi_1", "not an agent's name"},
        {"/a{1,9}/", "neither {"},
        {"state=onlin", "no state: online, stale, offline or never"}};
    for (const auto& [text, part] : wrong) {
        const auto expression = TargetExpression::parse(text);
        ASSERT_FALSE(expression.ok()) << text;
        EXPECT_NE(expression.error().message.find(part), std::string::npos)
            << text << ": " << expression.error().message;
    }
}

TEST(TargetExpression, BlanksAroundAComparisonDontCount) {
    EXPECT_EQ(meant("role = camera & temp > 70"), List{"cam-1"});
    EXPECT_EQ(meant(" state =online ! role != camera "), List{"cam-1"});
    EXPECT_FALSE(TargetExpression::parse("role = ").ok());
}

TEST(TargetExpression, HostileTextCostsLittle) {
    EXPECT_FALSE(TargetExpression::parse("p[1-999999999]").ok());
    EXPECT_FALSE(TargetExpression::parse("p[1-999][1-999][1-999]").ok());
    EXPECT_FALSE(TargetExpression::parse(std::string(5'000, '(')).ok());
    EXPECT_FALSE(TargetExpression::parse("/" + std::string(300, 'a') + "/").ok());
    for (int byte = 0; byte < 256; ++byte)
        (void)TargetExpression::parse(std::string("pi-1") + static_cast<char>(byte) + "x");
}

TEST(NameRanges, LeadingZerosAreKept) {
    EXPECT_EQ(*expand_names("r[1-2]n[09-11]", 100),
              (List{"r1n09", "r1n10", "r1n11", "r2n09", "r2n10", "r2n11"}));
    EXPECT_EQ(*expand_names("plain", 1), List{"plain"});
}

}  // namespace
}  // namespace pncp::broker
