#include "agent/sampler/throttling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pncp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<DeviceEdge> after(ThrottleEdges& edges, const ThrottleReading& reading) {
    std::vector<DeviceEdge> found;
    edges.update(reading, found);
    return found;
}

}  // namespace

TEST(Throttling, EveryBitHasItsField) {
    std::vector<Point> points;
    add_throttle_point(throttle_of_firmware(0x000A'0005), points);
    const Point expected{"pi_throttled",
                         {},
                         {{"under_voltage", true},
                          {"under_voltage_since_boot", false},
                          {"frequency_capped", false},
                          {"frequency_capped_since_boot", true},
                          {"throttled", true},
                          {"throttled_since_boot", false},
                          {"soft_temp_limit", false},
                          {"soft_temp_limit_since_boot", true}}};
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0], expected);
}

TEST(Throttling, WhatWasNotToldIsAbsentAndNotFalse) {
    std::vector<Point> points;
    add_throttle_point({1, 1}, points);
    add_throttle_point({0, 0}, points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0], (Point{"pi_throttled", {}, {{"under_voltage", true}}}));
}

TEST(ThrottleEdges, AreHandedOutOnceAtEachChange) {
    ThrottleEdges edges;
    EXPECT_THAT(after(edges, throttle_of_firmware(0)), IsEmpty());
    EXPECT_THAT(after(edges, throttle_of_firmware(0x5'0005)),
                ElementsAre(DeviceEdge{"under_voltage", "began"}, DeviceEdge{"throttled", "began"}));
    EXPECT_THAT(after(edges, throttle_of_firmware(0x5'0005)), IsEmpty());
    EXPECT_THAT(after(edges, throttle_of_firmware(0x5'0004)),
                ElementsAre(DeviceEdge{"under_voltage", "ended"}));
}

TEST(ThrottleEdges, WhatHoldsAtTheStartIsAnEventAndWhatIsLongOverIsNone) {
    ThrottleEdges edges;
    EXPECT_THAT(after(edges, throttle_of_firmware(0xF'0008)),
                ElementsAre(DeviceEdge{"soft_temp_limit", "holds as the agent starts"}));
}

TEST(ThrottleEdges, WhatCameAndWentBetweenTwoSamplesIsOneEvent) {
    ThrottleEdges edges;
    (void)after(edges, throttle_of_firmware(0));
    EXPECT_THAT(after(edges, throttle_of_firmware(0x2'0000)),
                ElementsAre(DeviceEdge{"frequency_capped", "began and ended between two samples"}));
    EXPECT_THAT(after(edges, throttle_of_firmware(0x2'0000)), IsEmpty());
}

TEST(ThrottleEdges, ASourceThatKnowsLessMakesUpNothing) {
    ThrottleEdges edges;
    (void)after(edges, {1, 1});
    EXPECT_THAT(after(edges, throttle_of_firmware(0x1'0001)), IsEmpty()) << "since boot was not known before";
    EXPECT_THAT(after(edges, {1, 1}), IsEmpty());
    EXPECT_THAT(after(edges, {0, 1}), ElementsAre(DeviceEdge{"under_voltage", "ended"}));
}

}  // namespace pncp
