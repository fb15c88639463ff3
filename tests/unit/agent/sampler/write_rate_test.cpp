#include "agent/sampler/write_rate.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kWrap = (std::int64_t{1} << 32) * 512;

}  // namespace

TEST(WriteRate, IsAbsentInTheFirstHour) {
    WriteRate rate;
    rate.add(0, 1'000);
    EXPECT_FALSE(rate.bytes_a_day());
    rate.add(kHourMs - 1, 2'000);
    EXPECT_FALSE(rate.bytes_a_day());
    rate.add(kHourMs, 2'000);
    EXPECT_DOUBLE_EQ(rate.bytes_a_day().value(), 24'000.0);
}

TEST(WriteRate, ACounterThatWrapsGoesOn) {
    WriteRate rate;
    rate.add(0, kWrap - 512);
    rate.add(kHourMs, 512);
    EXPECT_DOUBLE_EQ(rate.bytes_a_day().value(), 24.0 * 1'024);
}

TEST(WriteRate, AnotherCardOrAClockThatRanBackwardsBeginsAnew) {
    WriteRate rate;
    rate.add(0, 5'000);
    rate.add(kHourMs, 10'000);
    rate.add(kHourMs + 1, 9'999);
    EXPECT_FALSE(rate.bytes_a_day()) << "fell, but not from the top";
    rate.add(2 * kHourMs + 1, 10'999);
    EXPECT_DOUBLE_EQ(rate.bytes_a_day().value(), 24'000.0);
    rate.add(5, 20'000);
    EXPECT_FALSE(rate.bytes_a_day());
}

TEST(WriteRate, WhatWasLongAgoCountsLess) {
    WriteRate rate;
    std::int64_t bytes = 0;
    for (std::int64_t hour = 0; hour < 24 * 60; ++hour) rate.add(hour * kHourMs, bytes += 1'000'000);
    for (std::int64_t hour = 24 * 60; hour < 24 * 100; ++hour) rate.add(hour * kHourMs, bytes);
    EXPECT_LT(rate.bytes_a_day().value(), 24'000'000.0 / 10);
}

TEST(DaysLeft, IsWhatEnduranceAndRateLeave) {
    EXPECT_DOUBLE_EQ(days_left(1, 0, 1e9).value(), 1'000.0);
    EXPECT_DOUBLE_EQ(days_left(2, 1'500'000'000'000, 1e9).value(), 500.0);
    EXPECT_DOUBLE_EQ(days_left(1, 3'000'000'000'000, 1e9).value(), 0.0);
}

TEST(DaysLeft, IsAbsentWithoutAnEnduranceOrARate) {
    EXPECT_FALSE(days_left(0, 0, 1e9));
    EXPECT_FALSE(days_left(-1, 0, 1e9));
    EXPECT_FALSE(days_left(1, 0, std::nullopt));
    EXPECT_FALSE(days_left(1, 0, 0.0));
    EXPECT_FALSE(days_left(1, 0, 0.001)) << "a million years is no forecast";
}

}  // namespace pncp
