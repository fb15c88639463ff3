#include "agent/sampler/disk.hpp"

#include <gtest/gtest.h>

namespace pncp {

TEST(Disk, PercentIsOfWhatUsersCanWrite) {
    EXPECT_DOUBLE_EQ((DiskSpace{1000, 450, 450, 0, 0}.used_percent()), 50.0);
    EXPECT_EQ(DiskSpace{}.used_percent(), 0.0);
}

TEST(Disk, APathThatIsNotThereHasNoSpace) { EXPECT_FALSE(statvfs_space("/no/such/path")); }

TEST(Disk, AFileSystemWithoutASizeIsAbsent) { EXPECT_FALSE(statvfs_space("/proc")); }

TEST(Disk, PointsBearTelegrafsTagsWithNamesMadeVisible) {
    std::vector<Point> points;
    add_disk_points({{{"/dev/mmcblk0p2", "/a\nb", "ext4", true}, {1000, 450, 450, 50, 20}}}, points);
    ASSERT_EQ(points.size(), 1U);
    const std::vector<std::pair<std::string, std::string>> tags{
        {"path", "/a\\x0ab"}, {"device", "mmcblk0p2"}, {"fstype", "ext4"}, {"mode", "ro"}};
    EXPECT_EQ(points[0].tags, tags);
    EXPECT_EQ(points[0].fields.back(), (std::pair<std::string, FieldValue>{"inodes_used", std::int64_t{30}}));
}

}  // namespace pncp
