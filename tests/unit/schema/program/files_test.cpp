#include "schema/program/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp {
namespace {

using test::mode_of;
using test::TemporaryFolder;
using testing::HasSubstr;

TEST(ReadFile, TakesExactlyTheLimitAndNotOneByteMore) {
    const TemporaryFolder folder;
    const std::string path = folder.write("f", std::string(20'000, 'x'), 0640);
    EXPECT_EQ(read_file(path, 20'000)->text.size(), 20'000U);
    EXPECT_EQ(read_file(path, 20'000)->mode, 0640U);
    EXPECT_THAT(read_file(path, 19'999).error().text(), HasSubstr("longer than 19999 bytes"));
    EXPECT_TRUE(read_file(folder.write("empty", ""), 0)->text.empty());
    EXPECT_FALSE(read_file("/dev/zero", 100));
    EXPECT_FALSE(read_file(folder / "absent", 100));
}

TEST(WriteAtomically, ReplacesTheWholeFileWithTheModeWhateverTheUmask) {
    const TemporaryFolder folder;
    const std::string path = folder.write("f", "old and longer", 0644);
    const mode_t before = umask(077);
    const Status written = write_atomically(path, view("new"), 0640);
    umask(before);
    ASSERT_TRUE(written) << written.error().text();
    EXPECT_EQ(read_file(path, 100)->text, "new");
    EXPECT_EQ(mode_of(path), 0640U);
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(WriteAtomically, LeavesNothingBehindWhenItFails) {
    const TemporaryFolder folder;
    mkdir((folder / "target").c_str(), 0700);
    const Status written = write_atomically(folder / "target", view("x"), 0600);
    EXPECT_FALSE(written);
    EXPECT_EQ(folder.entries(), 1U);
    EXPECT_FALSE(write_atomically(folder / "no/such/folder", view("x"), 0600));
}

TEST(CreateExclusively, NeverOverwrites) {
    const TemporaryFolder folder;
    const std::string path = folder / "key";
    ASSERT_TRUE(create_exclusively(path, view("first"), 0600));
    EXPECT_EQ(mode_of(path), 0600U);
    const Status second = create_exclusively(path, view("second"), 0600);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text(), HasSubstr("exists already and is not overwritten"));
    EXPECT_EQ(read_file(path, 100)->text, "first");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(CreateExclusively, DoesNotFollowADanglingLink) {
    const TemporaryFolder folder;
    ASSERT_EQ(symlink((folder / "elsewhere").c_str(), (folder / "key").c_str()), 0);
    EXPECT_FALSE(create_exclusively(folder / "key", view("x"), 0600));
    EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST(MakeFolder, MakesParentsAndLeavesWhatIsThere) {
    const TemporaryFolder folder;
    ASSERT_TRUE(make_folder(folder / "a/b/c", 0750));
    EXPECT_EQ(mode_of(folder / "a/b/c"), 0750U);
    chmod((folder / "a").c_str(), 0700);
    ASSERT_TRUE(make_folder(folder / "a/b", 0750));
    EXPECT_EQ(mode_of(folder / "a"), 0700U);
    folder.write("file", "");
    EXPECT_FALSE(make_folder(folder / "file", 0700));
    EXPECT_FALSE(make_folder(folder / "file/below", 0700));
}

TEST(MakePrivateFolder, RefusesLinksAndOpenFolders) {
    const TemporaryFolder folder;
    ASSERT_TRUE(make_private_folder(folder / "mine"));
    EXPECT_EQ(mode_of(folder / "mine"), 0700U);
    ASSERT_TRUE(make_private_folder(folder / "mine"));
    ASSERT_EQ(symlink((folder / "mine").c_str(), (folder / "link").c_str()), 0);
    EXPECT_THAT(make_private_folder(folder / "link").error().text(), HasSubstr("not a folder"));
    chmod((folder / "mine").c_str(), 0755);
    EXPECT_THAT(make_private_folder(folder / "mine").error().text(), HasSubstr("chmod 700"));
}

TEST(MakePrivateFolder, RefusesSomebodyElsesFolder) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
    const TemporaryFolder folder;
    ASSERT_TRUE(make_private_folder(folder / "theirs"));
    ASSERT_EQ(chown((folder / "theirs").c_str(), 12345, 12345), 0);
    EXPECT_THAT(make_private_folder(folder / "theirs").error().text(), HasSubstr("belongs to user 12345"));
}

}  // namespace
}  // namespace pncp
