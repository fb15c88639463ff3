#include "agent/builtin/interval.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace pncp {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1'000'000;
/// 2026-11-23 03:00:00 UTC
constexpr std::int64_t kWallUs = 1'795'402'800'000'000;

struct Tuning : testing::Test {
    CommandOutput run(std::vector<std::string> args, std::int64_t now_ms = kNow) {
        return tuning.run(args, now_ms, kWallUs);
    }
    static GroupIntervals configured() {
        GroupIntervals intervals;
        intervals.set(MetricGroup::sd, -1);
        return intervals;
    }
    IntervalTuning tuning{configured(), 10'000, {}};
};

TEST_F(Tuning, UntilSomethingIsChangedAllIsAsConfigured) {
    EXPECT_EQ(tuning.sample_ms(), 10'000);
    EXPECT_EQ(tuning.of(MetricGroup::cpu), 0);
    EXPECT_EQ(tuning.of(MetricGroup::processes), 300'000);
    EXPECT_EQ(tuning.of(MetricGroup::sd), -1);
    EXPECT_FALSE(tuning.wake_at_ms());
}

TEST_F(Tuning, OneGroupFasterMakesSamplesMoreFrequentAndTheOthersStayAsTheyWere) {
    const auto output = run({"cpu", "1s"});
    EXPECT_EQ(output.exit_code, 0);
    EXPECT_EQ(output.out, "cpu: every 1s until the agent restarts, then every 10s\n");
    EXPECT_EQ(tuning.sample_ms(), 1'000);
    EXPECT_EQ(tuning.of(MetricGroup::cpu), 0) << "with every sample";
    EXPECT_EQ(tuning.of(MetricGroup::mem), 10'000);
    EXPECT_EQ(tuning.of(MetricGroup::processes), 300'000);
    EXPECT_EQ(tuning.of(MetricGroup::sd), -1);
}

TEST_F(Tuning, OneGroupSlowerChangesNothingElse) {
    EXPECT_EQ(run({"mem", "60"}).exit_code, 0) << "seconds without a unit";
    EXPECT_EQ(tuning.sample_ms(), 10'000);
    EXPECT_EQ(tuning.of(MetricGroup::mem), 60'000);
    EXPECT_EQ(tuning.of(MetricGroup::cpu), 0);
}

TEST_F(Tuning, AllSlowerWakesTheDeviceLessOften) {
    EXPECT_EQ(run({"all", "5m"}).out, "all: every 5m until the agent restarts, then as configured\n");
    EXPECT_EQ(tuning.sample_ms(), 300'000);
    EXPECT_EQ(tuning.of(MetricGroup::cpu), 0);
    EXPECT_EQ(tuning.of(MetricGroup::info), 0);
    EXPECT_EQ(tuning.of(MetricGroup::sd), -1) << "what is switched off stays so";
}

TEST_F(Tuning, ForAWhileMeansThatItEndsByItself) {
    EXPECT_EQ(run({"cpu", "1s", "for", "10m"}).out,
              "cpu: every 1s for 10m, until 2026-11-23 03:10:00 UTC, then every 10s\n");
    EXPECT_EQ(tuning.wake_at_ms(), kNow + 600'000);
    EXPECT_FALSE(tuning.expire(kNow + 599'999));
    EXPECT_EQ(tuning.sample_ms(), 1'000);
    EXPECT_TRUE(tuning.expire(kNow + 600'000));
    EXPECT_EQ(tuning.sample_ms(), 10'000);
    EXPECT_FALSE(tuning.wake_at_ms());
}

TEST_F(Tuning, ADeviceWithoutATimeOfDayStillSaysForHowLong) {
    const std::vector<std::string> args{"cpu", "1s", "for", "10m"};
    EXPECT_EQ(tuning.run(args, kNow, std::nullopt).out, "cpu: every 1s for 10m, then every 10s\n");
}

TEST_F(Tuning, DefaultTakesItBack) {
    (void)run({"cpu", "1s"});
    (void)run({"mem", "2s", "for", "1h"});
    EXPECT_EQ(run({"cpu", "default"}).out, "cpu: every 10s, as configured\n");
    EXPECT_EQ(tuning.sample_ms(), 2'000);
    EXPECT_EQ(run({"all", "default"}).out, "all: as configured\n");
    EXPECT_EQ(tuning.sample_ms(), 10'000);
    EXPECT_EQ(tuning.of(MetricGroup::mem), 0);
}

TEST_F(Tuning, TheDevicesConfigurationSetsTheLimits) {
    for (const char* time : {"999ms", "0", "61m", "1w", "99999999999999999999s"}) {
        const auto output = run({"cpu", time});
        EXPECT_EQ(output.exit_code, kExitUsage) << time;
        EXPECT_EQ(output.out, "");
    }
    EXPECT_THAT(run({"cpu", "1ms"}).err, HasSubstr("allows 1s to 1h; metrics.interval_min"));
    EXPECT_EQ(tuning.sample_ms(), 10'000);
    IntervalTuning narrow(configured(), 10'000, {5'000, 60'000});
    const std::vector<std::string> fast{"cpu", "4s"};
    EXPECT_THAT(narrow.run(fast, kNow, {}).err, HasSubstr("5s to 1m"));
}

TEST_F(Tuning, WhatIsSwitchedOffOnTheDeviceCanNotBeSwitchedOn) {
    const auto output = run({"sd", "1m"});
    EXPECT_EQ(output.exit_code, kExitFailed);
    EXPECT_THAT(output.err, HasSubstr("switched off"));
}

TEST_F(Tuning, WithoutATimeItShowsWhatHolds) {
    (void)run({"cpu", "1s", "for", "90s"});
    const std::string table = run({}).out;
    EXPECT_THAT(table, HasSubstr("GROUP"));
    EXPECT_THAT(table, testing::ContainsRegex("cpu +1s +10s +90s\n"));
    EXPECT_THAT(table, testing::ContainsRegex("sd +never +never +-\n"));
    EXPECT_EQ(run({"all"}).out, table);
    EXPECT_EQ(run({"mem"}).out, "mem: every 10s, as configured\n");
}

TEST_F(Tuning, HostileArgumentsChangeNothingAndComeBackHarmless) {
    const std::vector<std::vector<std::string>> wrong = {{"cpu\n\x1b[2J", "1s"},
                                                         {""},
                                                         {"--help"},
                                                         {"cpu", ""},
                                                         {"cpu", "-1s"},
                                                         {"cpu", "1s", "for"},
                                                         {"cpu", "1s", "4", "x"},
                                                         {"cpu", "1s", "for", "0"},
                                                         {"cpu", "1s", "for", "8d"},
                                                         {"cpu", "default", "for", "1m"},
                                                         {"cpu", std::string(100'000, '9')},
                                                         {"cpu", "1s", "for", "1m", "more"}};
    for (const auto& args : wrong) {
        const auto output = run(args);
        EXPECT_EQ(output.exit_code, kExitUsage) << args[0];
        EXPECT_EQ(output.out, "");
        EXPECT_EQ(output.err.find('\x1b'), std::string::npos);
        EXPECT_LT(output.err.size(), 400U);
    }
    EXPECT_EQ(tuning.sample_ms(), 10'000);
}

TEST_F(Tuning, TheListOfCommandsSaysWhatItTakes) {
    EXPECT_THAT(tuning.arguments(),
                testing::ElementsAre(testing::StartsWith("group: all|cpu|mem|"), "time: 1s..1h|default",
                                     testing::StartsWith("for TIME")));
}

}  // namespace
}  // namespace pncp
