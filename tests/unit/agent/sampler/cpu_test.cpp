#include "agent/sampler/cpu.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

CpuStat stat_of(std::string_view text) {
    CpuStat stat;
    parse_cpu_stat(text, stat);
    return stat;
}

double field(const Point& point, std::string_view name) {
    for (const auto& [key, value] : point.fields)
        if (key == name) return std::get<double>(value);
    ADD_FAILURE() << "no field " << name;
    return -1;
}

}  // namespace

TEST(CpuStat, ReadsTotalAndCoresByNumber) {
    const auto stat =
        stat_of("cpu  3 0 0 0 0 0 0 0 0 0\ncpu0 1 0 0 0 0 0 0 0 0 0\ncpu2 2 0 0 0 0 0 0 0 0 7\nintr 1\n");
    ASSERT_TRUE(stat.total);
    EXPECT_EQ(stat.total->at(CpuColumn::user), 3U);
    ASSERT_EQ(stat.cores.size(), 2U);
    EXPECT_EQ(stat.core(2)->at(CpuColumn::guest_nice), 7U);
    EXPECT_EQ(stat.core(1), nullptr);
}

TEST(CpuStat, LinesThatAreCutOrMalformedAreLeftOut) {
    EXPECT_TRUE(stat_of("").empty());
    EXPECT_TRUE(stat_of("cpu0 1 2 3 4 5 6 7 8 9 10").empty()) << "the last number may be half of one";
    EXPECT_TRUE(stat_of("cpu0 1 2 3 4 5 6 7 8 9\n").empty());
    EXPECT_TRUE(stat_of("cpu0 1 2 3 4 5 6 7 8 9 -1\ncpux 1 2 3 4 5 6 7 8 9 10\n").empty());
    EXPECT_TRUE(stat_of("cpu99999999999 1 2 3 4 5 6 7 8 9 10\n").empty());
}

TEST(CpuStat, OfAMachineWith64CoresEveryCoreIsRead) {
    std::string text = "cpu  64 0 0 640 0 0 0 0 0 0\n";
    for (int i = 0; i < 64; ++i) text += "cpu" + std::to_string(i) + " 1 0 0 10 0 0 0 0 0 0\n";
    text += "intr " + std::string(20'000, '1') + "\n";
    EXPECT_EQ(stat_of(text).cores.size(), 64U);
}

TEST(CpuStat, CoresPastTheLimitCountOnlyInTheTotal) {
    std::string text = "cpu  1 0 0 1 0 0 0 0 0 0\n";
    for (int i = 0; i < 1000; ++i) text += "cpu" + std::to_string(i) + " 1 0 0 10 0 0 0 0 0 0\n";
    const auto stat = stat_of(text);
    EXPECT_EQ(stat.cores.size(), kMaxCores);
    EXPECT_TRUE(stat.total);
}

TEST(CpuUsage, IsTheShareOfTheTimeBetweenTwoReadings) {
    const CpuTimes before{{100, 10, 50, 1000, 20, 1, 2, 3, 40, 4}};
    const CpuTimes after{{150, 20, 70, 1100, 30, 2, 4, 10, 60, 9}};
    const auto usage = cpu_usage(before, after);
    ASSERT_TRUE(usage);
    const auto share = [&](CpuColumn column) { return usage->share[static_cast<std::size_t>(column)]; };
    EXPECT_DOUBLE_EQ(share(CpuColumn::user), 15.0) << "50 of 200, less 20 of guests";
    EXPECT_DOUBLE_EQ(share(CpuColumn::nice), 2.5) << "10 of 200, less 5 of guests";
    EXPECT_DOUBLE_EQ(share(CpuColumn::system), 10.0);
    EXPECT_DOUBLE_EQ(share(CpuColumn::idle), 50.0);
    EXPECT_DOUBLE_EQ(share(CpuColumn::iowait), 5.0);
    EXPECT_DOUBLE_EQ(share(CpuColumn::steal), 3.5);
    EXPECT_DOUBLE_EQ(share(CpuColumn::guest), 10.0);
    EXPECT_DOUBLE_EQ(usage->active, 50.0);
    EXPECT_DOUBLE_EQ(usage->busy, 45.0);
}

TEST(CpuUsage, IsAbsentWhereACounterRunsBackwardsOrNothingPassed) {
    const CpuTimes before{{100, 10, 50, 1000, 20, 1, 2, 3, 0, 0}};
    EXPECT_FALSE(cpu_usage(before, before));
    EXPECT_FALSE(cpu_usage(before, {{99, 10, 50, 2000, 20, 1, 2, 3, 0, 0}}));
    EXPECT_FALSE(cpu_usage(before, {{200, 10, 50, 100, 20, 1, 2, 3, 0, 0}})) << "idle fell by 9 s";
    EXPECT_FALSE(cpu_usage(CpuTimes{}, CpuTimes{}));
}

TEST(CpuUsage, ASmallFallOfIowaitIsTheKernelsAndCountsAsNothing) {
    const CpuTimes before{{100, 0, 0, 1000, 20, 0, 0, 0, 0, 0}};
    const auto usage = cpu_usage(before, {{150, 0, 0, 1050, 19, 0, 0, 0, 0, 0}});
    ASSERT_TRUE(usage);
    EXPECT_DOUBLE_EQ(usage->active, 50.0);
}

TEST(CpuUsage, OfCountersAtTheirLimitStaysBetween0And100) {
    constexpr auto kMost = ~std::uint64_t{0};
    const auto usage =
        cpu_usage(CpuTimes{}, {{kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost}});
    ASSERT_TRUE(usage);
    for (const double share : usage->share) {
        EXPECT_GE(share, 0.0);
        EXPECT_LE(share, 100.0);
    }
}

TEST(CpuPoints, AreMadeForCoresThatWereThereBeforeToo) {
    const auto before = stat_of("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n");
    const auto after =
        stat_of("cpu  1 0 0 3 0 0 0 0 0 0\ncpu0 1 0 0 1 0 0 0 0 0 0\ncpu1 0 0 0 2 0 0 0 0 0 0\n");
    std::vector<Point> points;
    add_cpu_points(before, after, points);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].tags[0].second, "cpu0");
    EXPECT_DOUBLE_EQ(field(points[0], "usage_user"), 50.0);
    EXPECT_EQ(points[1].tags[0].second, "cpu-total");
    EXPECT_DOUBLE_EQ(field(points[1], "usage_active"), 25.0);
}

TEST(CpuReader, ACoreThatWasOfflineIsNotComparedAcrossTheGap) {
    const test::TempTree tree;
    ReadBuffer buffer;
    CpuReader reader{tree.path()};
    const auto points_of = [&](const char* text) {
        tree.write("proc/stat", text);
        reader.read(buffer);
        std::vector<Point> points;
        add_cpu_points(reader.last(), reader.current(), points);
        reader.keep(0);
        return points;
    };
    EXPECT_TRUE(points_of("cpu0 1 0 0 9 0 0 0 0 0 0\ncpu1 1 0 0 9 0 0 0 0 0 0\n").empty());
    EXPECT_EQ(points_of("cpu0 2 0 0 18 0 0 0 0 0 0\n").size(), 1U);
    EXPECT_EQ(points_of("cpu0 3 0 0 27 0 0 0 0 0 0\ncpu1 2 0 0 10 0 0 0 0 0 0\n").size(), 1U);
    EXPECT_EQ(points_of("cpu0 4 0 0 36 0 0 0 0 0 0\ncpu1 3 0 0 20 0 0 0 0 0 0\n").size(), 2U);
}

TEST(CpuReader, AFailedReadingIsNotBridged) {
    const test::TempTree tree;
    ReadBuffer buffer;
    CpuReader reader{tree.path()};
    tree.write("proc/stat", "cpu0 1 0 0 9 0 0 0 0 0 0\n");
    EXPECT_TRUE(reader.read(buffer));
    reader.keep(0);
    tree.remove("proc/stat");
    EXPECT_FALSE(reader.read(buffer));
    reader.keep(10'000);
    EXPECT_TRUE(reader.last().empty());
}

TEST(BusyPercents, HaveOneNumberForEveryCoreWhateverHappened) {
    const auto before = stat_of("cpu0 10 0 0 10 0 0 0 0 0 0\ncpu1 99 0 0 99 0 0 0 0 0 0\n");
    const auto after = stat_of(
        "cpu0 11 0 0 13 0 0 0 0 0 0\ncpu1 30 0 0 10 0 0 0 0 0 0\ncpu2 0 0 0 8 2 0 0 0 0 0\ncpu3 0 0 0 0 0 0 "
        "0 0 0 0\n");
    EXPECT_EQ(busy_percents(before, after), (std::vector<double>{25.0, 75.0, 0.0, 0.0}));
}

}  // namespace pncp
