#include "agent/sampler/net.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

const std::string kNumbers = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";

}  // namespace

TEST(NetDev, ColumnsGoWhereTheyBelong) {
    const auto found =
        parse_net_dev("Inter-| Receive | Transmit\n face |bytes packets|bytes\n  eth0:" + kNumbers);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], (NetReading{"eth0", 9, 1, 10, 2, 3, 11, 4, 12}));
}

TEST(NetDev, CountersWithoutABlankAfterTheColonAreRead) {
    const auto found = parse_net_dev("eth0:123 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].bytes_recv, 123);
}

TEST(NetDev, OfTheRecordedPcHasAllItsInterfaces) {
    const auto found = parse_net_dev(test::text_of(test::tree_path("pc/proc/net/dev")));
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[1].interface, "enp3s0");
    EXPECT_EQ(found[1].bytes_recv, 91234123412);
    EXPECT_EQ(found[1].err_out, 1);
}

TEST(NetDev, LinesThatLieAreLeftOutWhole) {
    EXPECT_TRUE(parse_net_dev("eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16").empty()) << "cut off";
    EXPECT_TRUE(parse_net_dev("eth0: 1 2 3\n").empty());
    EXPECT_TRUE(parse_net_dev(":" + kNumbers).empty());
    EXPECT_TRUE(parse_net_dev("eth0: -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n").empty());
    EXPECT_TRUE(parse_net_dev("eth0: 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n").empty());
}

TEST(NetDev, AnAliasKeepsTheColonInItsName) {
    EXPECT_EQ(parse_net_dev("eth0:1:" + kNumbers).at(0).interface, "eth0:1");
}

TEST(NetDev, AHostileNameIsMadeVisibleInItsTag) {
    std::vector<Point> points;
    add_net_points(parse_net_dev("e\",=\\\x1b\xff\r:" + kNumbers), points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].tags[0].second, "e\",=\\\\x1b\\xff\\x0d");
}

TEST(NetDev, InterfacesPastTheLimitAreLeftOut) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "veth" + std::to_string(i) + ":" + kNumbers;
    EXPECT_EQ(parse_net_dev(text).size(), kMaxInterfaces);
}

}  // namespace pncp
