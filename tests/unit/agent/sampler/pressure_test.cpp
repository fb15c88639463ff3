#include "agent/sampler/pressure.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Pressure, BothLinesAreRead) {
    const auto reading = parse_pressure(test::text_of(test::tree_path("pc/proc/pressure/memory")));
    EXPECT_EQ(reading.some, (Stall{1.53, 1.87, 1.73, 1'088'168'194}));
    EXPECT_EQ(reading.full, (Stall{0.0, 0.12, 0.08, 1'429'641}));
}

TEST(Pressure, ALineThatLiesIsAbsentAlone) {
    const auto reading =
        parse_pressure("some avg10=101.00 avg60=1 avg300=1 total=5\nfull avg10=1 avg60=2 avg300=3 total=4\n");
    EXPECT_FALSE(reading.some);
    EXPECT_EQ(reading.full, (Stall{1, 2, 3, 4}));
    EXPECT_FALSE(parse_pressure("some avg60=1 avg10=1 avg300=1 total=5\n").some);
    EXPECT_FALSE(parse_pressure("some avg10=1 avg60=1 avg300=1 total=-5\n").some);
    EXPECT_FALSE(parse_pressure("some avg10=1 avg60=1 avg300=1 total=5").some) << "cut off";
}

TEST(Pressure, OfTheProcessorOnlySomeIsReported) {
    ReadBuffer buffer;
    std::vector<Point> points;
    PressureFiles{test::tree_path("pc")}.add_points(buffer, points);
    ASSERT_EQ(points.size(), 5U);
    EXPECT_EQ(points[0].tags[0].second, "cpu");
    EXPECT_EQ(points[1].tags[0].second, "memory");
    EXPECT_EQ(points[2].tags[1].second, "full");
}

TEST(Pressure, AKernelThatKeepsNoneHasNoPoints) {
    ReadBuffer buffer;
    std::vector<Point> points;
    PressureFiles{test::tree_path("pi4")}.add_points(buffer, points);
    EXPECT_TRUE(points.empty());
}

}  // namespace pncp
