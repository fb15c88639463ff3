#include "agent/sampler/mounts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> asked(std::string_view text) {
    std::vector<std::string> paths;
    for (const auto& mount : askable_mounts(parse_mounts(text))) paths.push_back(mount.path);
    return paths;
}

}  // namespace

TEST(Mounts, AreParsedWithTheirEscapesUndone) {
    const auto mounts = parse_mounts(
        "/dev/sda1 /media/my\\040disk\\134 ext4 rw,ro_x 0 0\n/dev/sdb1 /b vfat noatime,ro 0 0\n");
    ASSERT_EQ(mounts.size(), 2U);
    EXPECT_EQ(mounts[0], (MountEntry{"/dev/sda1", "/media/my disk\\", "ext4", false}));
    EXPECT_TRUE(mounts[1].read_only);
}

TEST(Mounts, MalformedAndCutLinesAreLeftOut) {
    EXPECT_THAT(parse_mounts("/dev/sda1 /a ext4 rw 0 0"), IsEmpty());
    EXPECT_THAT(parse_mounts("/dev/sda1 /a\n\nnone relative ext4 rw 0 0\n"), IsEmpty());
    EXPECT_EQ(parse_mounts("/dev/sda1 /a\\04 ext4 rw 0 0\n").at(0).path, "/a\\04");
}

TEST(Mounts, NetworkFuseAndUnknownTypesAreNeverAsked) {
    EXPECT_THAT(
        asked("nas:/x /a nfs rw 0 0\nnas:/y /b nfs4 rw 0 0\n//w/s /c cifs rw 0 0\nu@h: /d fuse.sshfs rw 0 0\n"
              "/dev/sda1 /e fuseblk rw 0 0\nshare /f 9p rw 0 0\nauto /g autofs rw 0 0\nx /h newfs rw 0 0\n"),
        IsEmpty());
}

TEST(Mounts, ALocalDiskBehindANetworkMountIsNotAskedEither) {
    EXPECT_THAT(asked("nas:/x /mnt nfs rw 0 0\n/dev/sda1 /mnt/a ext4 rw 0 0\n/dev/sdb1 /mnta ext4 rw 0 0\n"),
                ElementsAre("/mnta"));
}

TEST(Mounts, ALocalDiskUnderALaterNetworkMountIsNotAsked) {
    EXPECT_THAT(asked("/dev/sda1 /mnt ext4 rw 0 0\nnas:/x /mnt nfs rw 0 0\n"), IsEmpty());
}

TEST(Mounts, OneDeviceIsReportedOnceAndAtTheRootIfItIsThere) {
    EXPECT_THAT(asked("/dev/a /home btrfs rw 0 0\n/dev/a / btrfs rw 0 0\n/dev/a /srv btrfs rw 0 0\n"),
                ElementsAre("/"));
    EXPECT_THAT(asked("/dev/a /x ext4 rw 0 0\n/dev/a /y ext4 rw 0 0\n"), ElementsAre("/x"));
}

TEST(Mounts, AnOverlayRootIsAskedButNoOtherOverlay) {
    EXPECT_THAT(
        asked("overlay / overlay rw 0 0\noverlay /var/merged overlay rw 0 0\ntmpfs /run tmpfs rw 0 0\n"),
        ElementsAre("/"));
    EXPECT_THAT(asked("nas:/root / nfs rw 0 0\n/dev/sda1 /data ext4 rw 0 0\n"), ElementsAre("/data"));
}

TEST(Mounts, OfTheRecordedPcAreItsThreeHealthyLocalDisks) {
    EXPECT_THAT(asked(test::text_of(test::tree_path("pc/proc/self/mounts"))),
                ElementsAre("/", "/boot/efi", "/media/my disk"));
}

TEST(Mounts, PastTheLimitAreLeftOut) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "/dev/a" + std::to_string(i) + " /m" + std::to_string(i) + " ext4 rw 0 0\n";
    EXPECT_EQ(asked(text).size(), kMaxMounts);
}

TEST(MountTable, IsReadAgainOnlyAfterAMinuteWhereNothingIsAnnounced) {
    const test::TempTree tree;
    tree.write("proc/self/mounts", "/dev/a / ext4 rw 0 0\n");
    ReadBuffer buffer;
    MountTable table{tree.path()};
    EXPECT_EQ(table.askable(1'000, buffer).size(), 1U);
    tree.write("proc/self/mounts", "/dev/a / ext4 rw 0 0\n/dev/b /b ext4 rw 0 0\n");
    EXPECT_EQ(table.askable(60'999, buffer).size(), 1U);
    EXPECT_EQ(table.askable(61'000, buffer).size(), 2U);
    tree.remove("proc/self/mounts");
    EXPECT_EQ(table.askable(200'000, buffer).size(), 0U);
    tree.write("proc/self/mounts", "/dev/a / ext4 rw 0 0\n");
    EXPECT_EQ(table.askable(200'001, buffer).size(), 1U) << "a table that failed is tried every time";
}

}  // namespace pncp
