#include "agent/sampler/ext4.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using testing::ElementsAre;

TEST(Ext4, TellsBytesWrittenInItsLifeAndItsErrors) {
    ReadBuffer buffer;
    std::vector<DeviceEdge> edges;
    Ext4FileSystems ext4{test::tree_path("pi5")};
    EXPECT_THAT(ext4.read(0, buffer, edges), ElementsAre(Ext4Reading{"mmcblk0p1", 2'123'400LL * 1024, 0},
                                                         Ext4Reading{"nvme0n1p2", 91'234'120LL * 1024, 0}));
    EXPECT_TRUE(edges.empty());
}

TEST(Ext4, ErrorsThatWereThereAreNoEventAndNewOnesAre) {
    const test::TempTree tree{"pi-zero-2w"};
    ReadBuffer buffer;
    std::vector<DeviceEdge> edges;
    Ext4FileSystems ext4{tree.path()};
    EXPECT_EQ(ext4.read(0, buffer, edges).at(0).errors, 2);
    EXPECT_TRUE(edges.empty());
    tree.write("sys/fs/ext4/mmcblk0p2/errors_count", "5\n");
    (void)ext4.read(61'000, buffer, edges);  // in spite of a search in between
    EXPECT_THAT(edges,
                ElementsAre(DeviceEdge{"ext4_errors", "mmcblk0p2: from 2 to 5; see dmesg, then fsck"}));
    tree.write("sys/fs/ext4/mmcblk0p2/errors_count", "0\n");
    (void)ext4.read(62'000, buffer, edges);
    EXPECT_EQ(edges.size(), 1U) << "fsck has set them back";
}

TEST(Ext4, WhatLiesIsAbsent) {
    EXPECT_EQ(parse_kibibytes("3\n"), 3'072);
    for (const auto* text : {"-1\n", "9007199254740993000\n", "3", "x\n", ""})
        EXPECT_FALSE(parse_kibibytes(text)) << text;
}

TEST(Ext4, AFileSystemThatIsUnmountedLeaves) {
    const test::TempTree tree{"pi5"};
    ReadBuffer buffer;
    std::vector<DeviceEdge> edges;
    Ext4FileSystems ext4{tree.path()};
    EXPECT_EQ(ext4.read(0, buffer, edges).size(), 2U);
    tree.remove("sys/fs/ext4/mmcblk0p1");
    EXPECT_EQ(ext4.read(1, buffer, edges).size(), 1U);
}

}  // namespace pncp
