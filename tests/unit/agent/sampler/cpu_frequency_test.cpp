#include "agent/sampler/cpu_frequency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuFrequency, CoresOfAPolicyAreListedWithBlanks) {
    EXPECT_THAT(parse_cores("0 1 2 3\n"), ElementsAre(0U, 1U, 2U, 3U));
    EXPECT_THAT(parse_cores("2 x -1 99999999999 7\n"), ElementsAre(2U, 7U));
    EXPECT_THAT(parse_cores("\n"), IsEmpty());
    EXPECT_THAT(parse_cores("0 1"), IsEmpty()) << "cut off";
}

TEST(CpuFrequency, WhatIsNoFrequencyIsAbsent) {
    EXPECT_EQ(parse_khz("1500000\n"), 1'500'000);
    for (const auto* text : {"<unknown>\n", "0\n", "-1\n", "1500000", "\n", ""})
        EXPECT_FALSE(parse_khz(text)) << text;
}

TEST(CpuFrequency, OnePolicyTellsItForAllCoresOfAPi) {
    ReadBuffer buffer;
    CpuFrequencies frequencies{test::tree_path("pi4")};
    EXPECT_THAT(frequencies.read(0, buffer),
                ElementsAre(CpuFrequency{0, 1'500'000, 1'800'000}, CpuFrequency{1, 1'500'000, 1'800'000},
                            CpuFrequency{2, 1'500'000, 1'800'000}, CpuFrequency{3, 1'500'000, 1'800'000}));
}

TEST(CpuFrequency, ACoreThatGoesOfflineLeavesAtOnce) {
    const test::TempTree tree{"pc"};
    ReadBuffer buffer;
    CpuFrequencies frequencies{tree.path()};
    EXPECT_EQ(frequencies.read(0, buffer).size(), 8U);
    tree.write("sys/devices/system/cpu/cpufreq/policy3/affected_cpus", "\n");
    const auto now = frequencies.read(1, buffer);
    ASSERT_EQ(now.size(), 7U);
    EXPECT_EQ(now[3].core, 4U);
}

TEST(CpuFrequency, AMachineWithoutCpufreqHasNone) {
    const test::TempTree tree;
    ReadBuffer buffer;
    EXPECT_TRUE(CpuFrequencies{tree.path()}.read(0, buffer).empty());
}

}  // namespace pncp
