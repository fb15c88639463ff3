#include "agent/sampler/link.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

std::vector<NetReading> named(std::initializer_list<const char*> names) {
    std::vector<NetReading> interfaces;
    for (const auto* name : names) interfaces.emplace_back().interface = name;
    return interfaces;
}

}  // namespace

TEST(Link, ASpeedThatIsNotKnownIsAbsent) {
    EXPECT_EQ(parse_speed("1000\n"), 1000);
    for (const auto* text : {"-1\n", "0\n", "4294967295\n", "fast\n", "1000", ""})
        EXPECT_FALSE(parse_speed(text)) << text;
}

TEST(Link, OfTheRecordedPcAreAsItsKernelSays) {
    ReadBuffer buffer;
    NetLinks links{test::tree_path("pc")};
    const auto found = links.read(named({"lo", "enp3s0", "docker0", "gone"}), 0, buffer);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0], (NetLink{"unknown", {}}));
    EXPECT_EQ(found[1], (NetLink{"up", 2500}));
    EXPECT_EQ(found[2], (NetLink{"down", {}}));
    EXPECT_EQ(found[3], (NetLink{"", {}}));
}

TEST(Link, TwoInterfacesThatSwapTheirNamesAreNotMixedUp) {
    const test::TempTree tree;
    tree.write("sys/class/net/eth0/operstate", "up\n");
    tree.write("sys/class/net/eth0/speed", "1000\n");
    tree.write("sys/class/net/eth1/operstate", "up\n");
    tree.write("sys/class/net/eth1/speed", "100\n");
    ReadBuffer buffer;
    NetLinks links{tree.path()};
    EXPECT_EQ(links.read(named({"eth0", "eth1"}), 0, buffer).at(0).speed_mbit, 1000);
    namespace fs = std::filesystem;
    const fs::path net = fs::path{tree.path()} / "sys/class/net";
    fs::rename(net / "eth0", net / "x");
    fs::rename(net / "eth1", net / "eth0");
    fs::rename(net / "x", net / "eth1");
    const auto found =
        links.read(named({"eth1", "eth0"}), 1, buffer);  // the kernel keeps the order of the cards
    EXPECT_EQ(found.at(0).speed_mbit, 1000);
    EXPECT_EQ(found.at(1).speed_mbit, 100);
}

TEST(Link, AnInterfaceWithoutASpeedIsAskedAgainAfterAMinute) {
    const test::TempTree tree;
    tree.write("sys/class/net/wlan0/operstate", "up\n");
    ReadBuffer buffer;
    NetLinks links{tree.path()};
    EXPECT_FALSE(links.read(named({"wlan0"}), 0, buffer).at(0).speed_mbit);
    tree.write("sys/class/net/wlan0/speed", "100\n");
    EXPECT_FALSE(links.read(named({"wlan0"}), 59'999, buffer).at(0).speed_mbit);
    EXPECT_EQ(links.read(named({"wlan0"}), 60'000, buffer).at(0).speed_mbit, 100);
}

TEST(Link, OfAStateTheKernelDoesNotKnowNothingIsClaimed) {
    std::vector<Point> points;
    add_link_points(named({"lo", "eth0", "gone"}), {{"unknown", {}}, {"down", {}}, {"", {}}}, points);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].fields.size(), 1U);
    EXPECT_EQ(points[1].fields[1], (std::pair<std::string, FieldValue>{"up", false}));
}

}  // namespace pncp
