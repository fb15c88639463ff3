#include "agent/core/sample_grid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pncp::agent {
namespace {

TEST(SampleGrid, InstantsAreOneIntervalApartWhateverTheWakeUpWas) {
    const SampleGrid grid("pi-1", 10'000);
    const std::int64_t first = grid.after(0);
    EXPECT_GT(first, 0);
    EXPECT_LE(first, 10'000);
    EXPECT_EQ(grid.after(first - 1), first);
    EXPECT_EQ(grid.after(first), first + 10'000);
    EXPECT_EQ(grid.after(first + 137), first + 10'000);
}

TEST(SampleGrid, MissedInstantsAreNotMadeUpFor) {
    const SampleGrid grid("pi-1", 1'000);
    const std::int64_t first = grid.after(0);
    EXPECT_EQ(grid.after(first + 3'600'500), first + 3'601'000);
}

TEST(SampleGrid, AFleetDoesNotSpeakInChorus) {
    std::set<std::int64_t> seconds;
    for (int i = 0; i < 200; ++i)
        seconds.insert(SampleGrid("pi-" + std::to_string(i), 10'000).after(0) / 1'000);
    EXPECT_GE(seconds.size(), 10U);
}

}  // namespace
}  // namespace pncp::agent
