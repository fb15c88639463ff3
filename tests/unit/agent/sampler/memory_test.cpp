#include "agent/sampler/memory.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

std::string meminfo(const char* total, const char* free, const char* available) {
    return std::string{"MemTotal: "} + total + " kB\nMemFree: " + free + " kB\nMemAvailable: " + available +
           " kB\nBuffers: 1 kB\nCached: 2 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\nSReclaimable: 3 kB\n";
}

}  // namespace

TEST(MemInfo, UsedIsTotalLessWhatTheKernelCallsAvailable) {
    const auto info = parse_meminfo(meminfo("100", "20", "60"));
    ASSERT_TRUE(info.memory);
    EXPECT_EQ(info.memory->total, 102'400);
    EXPECT_EQ(info.memory->used(), 40'960);
    EXPECT_DOUBLE_EQ(info.memory->used_percent(), 40.0);
    EXPECT_DOUBLE_EQ(info.memory->available_percent(), 60.0);
    EXPECT_EQ(info.memory->buffered, 1024);
    EXPECT_EQ(info.memory->cached, 5 * 1024);
    ASSERT_TRUE(info.swap);
    EXPECT_EQ(info.swap->used(), 6 * 1024);
    EXPECT_DOUBLE_EQ(info.swap->used_percent(), 60.0);
}

TEST(MemInfo, OfARecordedPiAgreesWithItsFile) {
    const auto info = parse_meminfo(test::text_of(test::tree_path("pi4/proc/meminfo")));
    ASSERT_TRUE(info.memory && info.swap);
    EXPECT_EQ(info.memory->total, 3884376LL * 1024);
    EXPECT_EQ(info.memory->used(), (3884376LL - 3180212) * 1024);
    EXPECT_EQ(info.swap->used(), 0);
}

TEST(MemInfo, ADeviceWithoutSwapHasNoneInUse) {
    const auto info = parse_meminfo("SwapTotal: 0 kB\nSwapFree: 0 kB\n");
    ASSERT_TRUE(info.swap);
    EXPECT_EQ(info.swap->used_percent(), 0.0);
}

TEST(MemInfo, IsAbsentWhenItsTextWasCutAnywhere) {
    const auto text = meminfo("100", "20", "60");
    for (std::size_t length = 0; length < text.size(); ++length)
        EXPECT_FALSE(parse_meminfo(std::string_view{text}.substr(0, length)).memory) << length;
}

TEST(MemInfo, IsAbsentWhenItClaimsWhatCannotBe) {
    EXPECT_FALSE(parse_meminfo(meminfo("100", "200", "60")).memory);
    EXPECT_FALSE(parse_meminfo(meminfo("0", "0", "0")).memory);
    EXPECT_FALSE(parse_meminfo(meminfo("-5", "0", "0")).memory);
    EXPECT_FALSE(parse_meminfo(meminfo("18446744073709551615", "1", "1")).memory);
    EXPECT_FALSE(parse_meminfo(meminfo("9223372036854775807", "1", "1")).memory);
    EXPECT_FALSE(parse_meminfo("SwapTotal: 1 kB\nSwapFree: 2 kB\n").swap);
}

TEST(MemInfo, AContainerThatShowsTheHostsAvailableFallsBackToFree) {
    const auto info = parse_meminfo(meminfo("100", "20", "900"));
    ASSERT_TRUE(info.memory);
    EXPECT_EQ(info.memory->available, 20 * 1024);
}

}  // namespace pncp
