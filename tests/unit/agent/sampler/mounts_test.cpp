#include "agent/sampler/mounts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/sampler/text.hpp"
#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Lines `device path type options` as /proc/self/mountinfo writes them; the options are the file system's.
std::string mountinfo(std::string_view lines) {
    std::string text;
    while (const auto found = proc::next_line(lines)) {
        auto line = *found;
        const std::string device{proc::next_word(line)};
        const std::string path{proc::next_word(line)};
        const std::string type{proc::next_word(line)};
        text += "24 1 8:1 / " + path + " rw,relatime shared:1 - " + type + " " + device + " " +
                std::string{proc::next_word(line)} + "\n";
    }
    return text;
}

std::vector<std::string> paths_of(const std::vector<MountEntry>& mounts) {
    std::vector<std::string> paths;
    for (const auto& mount : mounts) paths.push_back(mount.path);
    return paths;
}

std::vector<std::string> asked(std::string_view lines) {
    return paths_of(askable_mounts(parse_mounts(mountinfo(lines))));
}

}  // namespace

TEST(Mounts, AreParsedWithTheirEscapesUndone) {
    const auto mounts = parse_mounts(
        "29 1 8:1 / /media/my\\040disk\\134 rw shared:1 master:2 - ext4 /dev/sda1 rw,ro_x\n"
        "30 1 8:2 /sub /b rw - vfat /dev/sdb1 noatime,ro\n");
    ASSERT_EQ(mounts.size(), 2U);
    EXPECT_EQ(mounts[0], (MountEntry{"/dev/sda1", "/media/my disk\\", "ext4", false}));
    EXPECT_EQ(mounts[1], (MountEntry{"/dev/sdb1", "/b", "vfat", true}));
}

TEST(Mounts, AreWritableIfTheFileSystemIsThoughTheSandboxOfAServiceMayNot) {
    EXPECT_FALSE(parse_mounts("24 1 179:2 / / ro,noatime - ext4 /dev/mmcblk0p2 rw,errors=remount-ro\n")
                     .at(0)
                     .read_only);
    EXPECT_TRUE(parse_mounts("24 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 ro\n").at(0).read_only);
}

TEST(Mounts, MalformedAndCutLinesAreLeftOut) {
    EXPECT_THAT(parse_mounts("24 1 8:1 / /a rw - ext4 /dev/sda1 rw"), IsEmpty()) << "cut off";
    EXPECT_THAT(
        parse_mounts("24 1 8:1 / /a rw shared:1 ext4 /dev/sda1 rw\n\n24 1 8:1 / relative rw - ext4 x rw\n"),
        IsEmpty());
    EXPECT_EQ(parse_mounts("24 1 8:1 / /a\\04 rw - ext4 /dev/sda1 rw\n").at(0).path, "/a\\04");
}

TEST(Mounts, NetworkFuseAndUnknownTypesAreNeverAsked) {
    EXPECT_THAT(asked("nas:/x /a nfs rw\nnas:/y /b nfs4 rw\n//w/s /c cifs rw\nu@h: /d fuse.sshfs rw\n"
                      "/dev/sda1 /e fuseblk rw\nshare /f 9p rw\nauto /g autofs rw\nx /h newfs rw\n"),
                IsEmpty());
}

TEST(Mounts, ALocalDiskBehindANetworkMountIsNotAskedEither) {
    EXPECT_THAT(asked("nas:/x /mnt nfs rw\n/dev/sda1 /mnt/a ext4 rw\n/dev/sdb1 /mnta ext4 rw\n"),
                ElementsAre("/mnta"));
}

TEST(Mounts, ALocalDiskUnderALaterNetworkMountIsNotAsked) {
    EXPECT_THAT(asked("/dev/sda1 /mnt ext4 rw\nnas:/x /mnt nfs rw\n"), IsEmpty());
}

TEST(Mounts, OneDeviceIsReportedOnceAndAtTheRootIfItIsThere) {
    EXPECT_THAT(asked("/dev/a /home btrfs rw\n/dev/a / btrfs rw\n/dev/a /srv btrfs rw\n"), ElementsAre("/"));
    EXPECT_THAT(asked("/dev/a /x ext4 rw\n/dev/a /y ext4 rw\n"), ElementsAre("/x"));
}

TEST(Mounts, AnOverlayRootIsAskedButNoOtherOverlay) {
    EXPECT_THAT(asked("overlay / overlay rw\noverlay /var/merged overlay rw\ntmpfs /run tmpfs rw\n"),
                ElementsAre("/"));
    EXPECT_THAT(asked("nas:/root / nfs rw\n/dev/sda1 /data ext4 rw\n"), ElementsAre("/data"));
}

TEST(Mounts, OfTheRecordedPcAreItsThreeHealthyLocalDisks) {
    EXPECT_THAT(
        paths_of(askable_mounts(parse_mounts(test::text_of(test::tree_path("pc/proc/self/mountinfo"))))),
        ElementsAre("/", "/boot/efi", "/media/my disk"));
}

TEST(Mounts, PastTheLimitAreLeftOut) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "/dev/a" + std::to_string(i) + " /m" + std::to_string(i) + " ext4 rw\n";
    EXPECT_EQ(asked(text).size(), kMaxMounts);
}

TEST(MountTable, IsReadAgainOnlyAfterAMinuteWhereNothingIsAnnounced) {
    const test::TempTree tree;
    tree.write("proc/self/mountinfo", mountinfo("/dev/a / ext4 rw\n"));
    ReadBuffer buffer;
    MountTable table{tree.path()};
    EXPECT_EQ(table.askable(1'000, buffer).size(), 1U);
    tree.write("proc/self/mountinfo", mountinfo("/dev/a / ext4 rw\n/dev/b /b ext4 rw\n"));
    EXPECT_EQ(table.askable(60'999, buffer).size(), 1U);
    EXPECT_EQ(table.askable(61'000, buffer).size(), 2U);
    tree.remove("proc/self/mountinfo");
    EXPECT_EQ(table.askable(200'000, buffer).size(), 0U);
    tree.write("proc/self/mountinfo", mountinfo("/dev/a / ext4 rw\n"));
    EXPECT_EQ(table.askable(200'001, buffer).size(), 1U) << "a table that failed is tried every time";
}

}  // namespace pncp
