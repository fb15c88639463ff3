#include "schema/program/clock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace pncp {
namespace {

TEST(Clock, BootTimeNeverGoesBackAndWallTimeIsInMicroseconds) {
    const std::int64_t before = boottime_ms();
    EXPECT_GT(before, 0);
    EXPECT_GE(boottime_ms(), before);
    constexpr std::int64_t kStartOf2024Us = 1'704'067'200'000'000;
    constexpr std::int64_t kStartOf2200Us = 7'258'118'400'000'000;
    EXPECT_GT(wall_us(), kStartOf2024Us);
    EXPECT_LT(wall_us(), kStartOf2200Us);
}

TEST(Clock, TheBootIdIsAUuidThatStays) {
    EXPECT_EQ(boot_id().size(), 36U);
    EXPECT_EQ(boot_id(), boot_id());
}

TEST(Clock, WhetherTheClockIsSyncedCanBeAsked) { EXPECT_NO_THROW((void)clock_synced()); }

TEST(RandomBytes, FillEveryLengthAndDiffer) {
    std::set<std::array<std::uint8_t, 16>> seen;
    for (int i = 0; i < 100; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        random_bytes(bytes);
        EXPECT_TRUE(seen.insert(bytes).second);
    }
    std::vector<std::uint8_t> large(100'000);
    random_bytes(large);
    EXPECT_NE(std::vector<std::uint8_t>(large.end() - 64, large.end()), std::vector<std::uint8_t>(64, 0));
    random_bytes({});
}

}  // namespace
}  // namespace pncp
