#include <gtest/gtest.h>

#include "agent/builtin/commands.hpp"

namespace pncp::builtin {

TEST(DiskCommand, PrintsATableLikeDf) {
    const std::vector<DiskReading> disks{
        {{"/dev/mmcblk0p2", "/", "ext4", false}, {31'268'536'320, 20'000'000'000, 10'000'000'000, 100, 50}},
        {{"/dev/sda1", "/media/a\nb", "vfat", true}, {1000, 999, 1, 0, 0}}};
    EXPECT_EQ(disk_table(disks),
              "Filesystem      Type  Size  Used  Avail  Use%  Mounted on\n"
              "/dev/mmcblk0p2  ext4   29G  9.3G    19G   34%  /\n"
              "/dev/sda1       vfat  1.0K    1B   999B    1%  /media/a\\x0ab (read-only)\n");
}

}  // namespace pncp::builtin
