#include "agent/sampler/system.hpp"

#include <gtest/gtest.h>

namespace pncp {

TEST(LoadAverage, IsReadFromItsLine) {
    const auto load = parse_loadavg("0.10 1.20 30.05 1/214 20871\n");
    ASSERT_TRUE(load);
    EXPECT_DOUBLE_EQ(load->load1, 0.10);
    EXPECT_DOUBLE_EQ(load->load15, 30.05);
}

TEST(LoadAverage, IsAbsentFromOddText) {
    for (const auto* text :
         {"", "\n", "0.10 1.20 30.05", "0.10 1.20\n", "nan nan nan 1/2 3\n", "-1 0 0\n", "a b c\n"})
        EXPECT_FALSE(parse_loadavg(text)) << text;
}

TEST(Uptime, IsWholeSecondsRoundedDown) {
    EXPECT_EQ(parse_uptime("273904.97 1001020.40\n"), 273904);
    for (const auto* text : {"", "273904.97", "-1.0 2\n", "1e300 1\n", "x\n"})
        EXPECT_FALSE(parse_uptime(text)) << text;
}

TEST(SystemPoint, HasOnlyTheFieldsThatAreKnown) {
    std::vector<Point> points;
    add_system_point({}, points);
    EXPECT_TRUE(points.empty());
    SystemReading reading;
    reading.uptime_s = 5;
    add_system_point(reading, points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0], (Point{"system", {}, {{"uptime", std::int64_t{5}}}}));
}

TEST(BootId, IsTheKernelsAndNothingElse) {
    EXPECT_EQ(parse_boot_id("7a1f30c4-9c52-4be1-8d7c-0f6a2b7c0004\n"),
              "7a1f30c4-9c52-4be1-8d7c-0f6a2b7c0004");
    EXPECT_EQ(parse_boot_id("7a1f30c4-9c52-4be1-8d7c-0f6a2b7c0004"), "") << "cut off";
    EXPECT_EQ(parse_boot_id("7a1f30c4-9c52-4be1-8d7c-0f6a2b7c000x\n"), "");
    EXPECT_EQ(parse_boot_id("\n"), "");
}

}  // namespace pncp
