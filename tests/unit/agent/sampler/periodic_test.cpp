#include "agent/sampler/periodic.hpp"

#include <gtest/gtest.h>

#include "agent/sampler/groups.hpp"

namespace pncp {

TEST(Periodic, IsDueAtOnceAndThenAtItsInterval) {
    Periodic minute{60'000};
    EXPECT_TRUE(minute.due(5'000));
    EXPECT_FALSE(minute.due(15'000));
    EXPECT_TRUE(minute.due(65'000));
    EXPECT_FALSE(minute.due(66'000));
}

TEST(Periodic, AnAskerThatWakesUpUnevenlyIsNotSentAway) {
    Periodic ten{10'000};
    int times = 0;
    for (std::int64_t now_ms = 0; now_ms < 1'000'000; now_ms += 10'000)
        if (ten.due(now_ms + (now_ms / 10'000 % 2 == 0 ? 9 : 1))) ++times;
    EXPECT_EQ(times, 100);
}

TEST(Periodic, AnIntervalBetweenTwoOfTheAskersKeepsItsMean) {
    Periodic fifteen{15'000};
    int times = 0;
    for (std::int64_t now_ms = 0; now_ms < 600'000; now_ms += 10'000)
        if (fifteen.due(now_ms)) ++times;
    EXPECT_EQ(times, 40);
}

TEST(Periodic, WhatWasSleptThroughIsNotMadeUpFor) {
    Periodic ten{10'000};
    EXPECT_TRUE(ten.due(0));
    EXPECT_TRUE(ten.due(1'000'003));
    EXPECT_FALSE(ten.due(1'000'004));
    EXPECT_TRUE(ten.due(1'010'000));
}

TEST(Periodic, AClockThatRanBackwardsStopsNothing) {
    Periodic ten{10'000};
    EXPECT_TRUE(ten.due(5'000'000));
    EXPECT_TRUE(ten.due(1'000));
    EXPECT_FALSE(ten.due(2'000));
}

TEST(Periodic, ZeroIsAlwaysAndLessIsNever) {
    Periodic always{0};
    Periodic never{-1};
    for (std::int64_t now_ms = 0; now_ms < 5; ++now_ms) {
        EXPECT_TRUE(always.due(now_ms));
        EXPECT_FALSE(never.due(now_ms));
    }
}

TEST(MetricGroups, AreNamedAndFoundByTheirNames) {
    for (std::size_t i = 0; i < kMetricGroups; ++i) {
        const auto group = static_cast<MetricGroup>(i);
        EXPECT_EQ(group_named(group_name(group)), group);
    }
    EXPECT_EQ(group_name(MetricGroup::diskio), "diskio");
    EXPECT_EQ(group_name(MetricGroup::metrics), "metrics");
    EXPECT_FALSE(group_named("cpus"));
    EXPECT_FALSE(group_named(""));
}

TEST(MetricGroups, WhatIsDearOrNeverChangesIsReadSeldom) {
    const GroupIntervals intervals;
    EXPECT_EQ(intervals.of(MetricGroup::cpu), 0);
    EXPECT_EQ(intervals.of(MetricGroup::processes), 300'000);
    EXPECT_EQ(intervals.of(MetricGroup::info), 3'600'000);
}

}  // namespace pncp
