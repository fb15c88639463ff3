#include "agent/sampler/diskio.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Diskstats, ColumnsGoWhereTheyBelong) {
    const auto disks = parse_diskstats(" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n");
    ASSERT_EQ(disks.size(), 1U);
    EXPECT_EQ(disks[0], (DiskTrafficReading{"sda", 1, 2, 3 * 512, 4, 5, 6, 7 * 512, 8, 9, 10, 11}));
}

TEST(Diskstats, LinesThatLieAreLeftOutWhole) {
    EXPECT_TRUE(parse_diskstats(" 8 0 sda 1 2 3 4 5 6 7 8 9 10\n").empty()) << "a column is missing";
    EXPECT_TRUE(parse_diskstats(" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11").empty()) << "cut off";
    EXPECT_TRUE(parse_diskstats(" 8 0 sda -1 2 3 4 5 6 7 8 9 10 11\n").empty());
    EXPECT_TRUE(parse_diskstats(" 8 0 sda 1 2 3 4 5 6 9223372036854775807 8 9 10 11\n").empty())
        << "no such bytes";
}

TEST(Diskstats, UnrealAndUnusedDisksAreLeftOut) {
    EXPECT_TRUE(parse_diskstats(" 7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n 1 0 ram0 1 2 3 4 5 6 7 8 9 10 11\n"
                                " 11 0 sr0 0 0 0 0 0 0 0 0 0 0 0\n")
                    .empty());
}

TEST(DiskTraffic, WholeDisksAreReportedAndNotTheirPartitions) {
    ReadBuffer buffer;
    const auto of = [&](const char* tree) {
        std::string names;
        for (const auto& disk : DiskTraffic{test::tree_path(tree)}.read(0, buffer)) names += disk.name + " ";
        return names;
    };
    EXPECT_EQ(of("pc"), "nvme0n1 sda ");
    EXPECT_EQ(of("pi4"), "mmcblk0 ");
    EXPECT_EQ(of("pi3"), "mmcblk0 ");
    EXPECT_EQ(of("pi5"), "mmcblk0 nvme0n1 ");
    EXPECT_EQ(of("pi-zero-2w"), "mmcblk0 zram0 ");
}

TEST(DiskTraffic, ADiskThatIsPulledOutLeavesAndComesBackWithItsOwnCounters) {
    const test::TempTree tree{"pi4"};
    ReadBuffer buffer;
    DiskTraffic traffic{tree.path()};
    EXPECT_EQ(traffic.read(0, buffer).at(0).write_bytes, 81'234'120LL * 512);
    tree.write("proc/diskstats", "");
    EXPECT_TRUE(traffic.read(1, buffer).empty());
    tree.write("proc/diskstats", " 179 0 mmcblk0 1 0 8 1 2 0 16 1 0 2 2\n");
    EXPECT_EQ(traffic.read(2, buffer).at(0).write_bytes, 16 * 512)
        << "counters as they are, not a difference";
}

}  // namespace pncp
