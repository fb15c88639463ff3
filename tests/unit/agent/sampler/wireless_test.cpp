#include "agent/sampler/wireless.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Wireless, SignalOfTheRecordedZeroIsRead) {
    const auto found = parse_wireless(test::text_of(test::tree_path("pi-zero-2w/proc/net/wireless")));
    ASSERT_EQ(found.size(), 1U);
    WirelessReading expected;
    expected.interface = "wlan0";
    expected.link = 54;
    expected.level = -56;
    expected.retry = 12;
    EXPECT_EQ(found[0], expected) << "noise -256 is none";
}

TEST(Wireless, StatusIsHexadecimalAndNoiseIsKeptWhereThereIsOne) {
    const auto found = parse_wireless("wlp2s0: 00f0  70  -40  -92 1 2 3 4 5 6\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].status, 0xF0);
    EXPECT_EQ(found[0].noise, -92);
    EXPECT_EQ(found[0].missed_beacon, 6);
}

TEST(Wireless, LinesThatLieAreLeftOutWhole) {
    for (const auto* line :
         {"wlan0: 0000 54. -56. -256 0 0 0 0 0\n", ": 0000 54. -56. -256 0 0 0 0 0 0\n",
          "wlan0: zz 54. -56. -256 0 0 0 0 0 0\n", "wlan0: 0000 54.. -56. -256 0 0 0 0 0 0\n",
          "wlan0: 0000 54. -56. -256 0 0 0 0 0 -1\n", "wlan0: 0000 54. -56. -256 0 0 0 0 0 0"})
        EXPECT_TRUE(parse_wireless(line).empty()) << line;
}

TEST(Wireless, TheRateIsAPointOfItsOwnWhereTheDriverKnowsIt) {
    const auto found = parse_wireless("wlan0: 0 1 -1 -256 0 0 0 0 0 0\nwlan1: 0 1 -1 -256 0 0 0 0 0 0\n");
    std::vector<Point> points;
    add_wireless_points(
        found,
        [](const std::string& name) {
            return name == "wlan0" ? std::optional<std::int64_t>{72'200'000} : std::nullopt;
        },
        points);
    ASSERT_EQ(points.size(), 3U);
    EXPECT_EQ(points[1],
              (Point{"pi_wifi", {{"interface", "wlan0"}}, {{"bitrate", std::int64_t{72'200'000}}}}));
}

TEST(Wireless, AnInterfaceThatIsNotThereHasNoRate) {
    WifiRate rate;
    EXPECT_FALSE(rate("no-such-wifi"));
    EXPECT_FALSE(rate("a name longer than any interface can have"));
}

}  // namespace pncp
