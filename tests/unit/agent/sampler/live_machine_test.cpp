// The machine this test runs on, read once: not its numbers, but that they can be true.
#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/sampler/sampler.hpp"

namespace pncp {

TEST(LiveMachine, TellsWhatEveryMachineHas) {
    Sampler sampler{{.root = "/"}};
    const auto sample = sampler.take(0);
    const auto& summary = sample.summary;
    ASSERT_TRUE(summary.memory.memory);
    EXPECT_GT(summary.memory.memory->total, 0);
    EXPECT_GT(summary.memory.memory->available, 0);
    EXPECT_LE(summary.memory.memory->used(), summary.memory.memory->total);
    ASSERT_TRUE(summary.system.load);
    ASSERT_TRUE(summary.system.uptime_s);
    EXPECT_GT(*summary.system.uptime_s, 0);
    EXPECT_EQ(static_cast<long>(summary.cpu_percent.size()), ::sysconf(_SC_NPROCESSORS_ONLN));
    for (const auto& disk : sampler.disks(0)) {
        EXPECT_GT(disk.space.total, 0) << disk.mount.path;
        EXPECT_LE(disk.space.used, disk.space.total) << disk.mount.path;
    }
}

}  // namespace pncp
