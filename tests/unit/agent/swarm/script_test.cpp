#include "agent/swarm/script.hpp"

#include <gtest/gtest.h>

#include <set>

#include "agent/core/rows.hpp"

namespace pncp::swarm {
namespace {

TEST(SwarmDraw, TheSameSeedGivesTheSameNumbers) {
    Draw one(7);
    Draw same(7);
    Draw other(8);
    const auto first = one.next();
    EXPECT_EQ(first, same.next());
    EXPECT_NE(first, other.next());
}

TEST(SwarmDraw, SharesAreFromZeroToBelowOne) {
    Draw draw(1);
    double sum = 0;
    for (int i = 0; i < 1'000; ++i) {
        const double share = draw.share();
        ASSERT_GE(share, 0);
        ASSERT_LT(share, 1);
        sum += share;
    }
    EXPECT_NEAR(sum / 1'000, 0.5, 0.05);
}

TEST(SwarmReadings, EverySampleTellsItsSpoolAndNumberApart) {
    Readings readings(1);
    std::set<std::int64_t> numbers;
    for (std::uint64_t number = 1; number <= 10; ++number) {
        const auto points = readings.sample({{3}}, number, 1'000);
        EXPECT_EQ(points.back().measurement, "swarm");
        numbers.insert(std::get<std::int64_t>(points.back().fields.at(0).second));
        EXPECT_EQ(std::get<std::string>(points.back().fields.at(1).second), to_hex(Id16{{3}}));
    }
    EXPECT_EQ(numbers.size(), 10U);
}

TEST(SwarmReadings, ASampleIsOneRowOfAboutHalfAKilobyte) {
    Readings readings(1);
    const auto rows = agent::sample_rows(readings.sample({}, 1, 86'400'000));
    ASSERT_EQ(rows.bodies.size(), 1U);
    EXPECT_TRUE(rows.unfit.empty());
    EXPECT_GT(rows.bodies[0].size(), 400U);
    EXPECT_LT(rows.bodies[0].size(), 600U);
}

TEST(SwarmReadings, TheRestFitsIntoTheSameRowAndHasWhatDashboardsShow) {
    Readings readings(1);
    auto points = readings.sample({}, 1, 86'400'000);
    const auto rest = readings.rest();
    std::set<std::string> measurements;
    for (const Point& point : rest) measurements.insert(point.measurement);
    EXPECT_EQ(measurements, (std::set<std::string>{"cpu", "mem", "swap", "diskio", "net", "wireless",
                                                   "pi_throttled", "pi_soc", "pi_sd", "pi_info"}));
    points.insert(points.end(), rest.begin(), rest.end());
    const auto rows = agent::sample_rows(points);
    EXPECT_EQ(rows.bodies.size(), 1U);
    EXPECT_TRUE(rows.unfit.empty());
}

TEST(SwarmReadings, PercentagesStayPossibleHoweverLongTheyWander) {
    Readings readings(5);
    for (std::uint64_t number = 1; number <= 5'000; ++number) {
        auto points = readings.sample({}, number, 0);
        const auto rest = readings.rest();
        points.insert(points.end(), rest.begin(), rest.end());
        for (const Point& point : points) {
            for (const auto& [name, value] : point.fields) {
                if (!name.ends_with("percent") && !name.starts_with("usage")) continue;
                ASSERT_GE(std::get<double>(value), 0) << point.measurement << " " << name;
                ASSERT_LE(std::get<double>(value), 100) << point.measurement << " " << name;
            }
        }
    }
}

}  // namespace
}  // namespace pncp::swarm
