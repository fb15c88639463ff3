#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/program/files.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

std::string refusal(const std::string& path, const SecretFileRule& rule = {}) {
    const auto secret = read_secret_file(path, rule);
    return secret ? "read" : secret.error().text();
}

TEST(SecretFile, AClosedFileIsRead) {
    const TemporaryFolder folder;
    EXPECT_EQ(text_view(*read_secret_file(folder.write("key", "s3cret", 0600))), "s3cret");
    EXPECT_EQ(text_view(*read_secret_file(folder.write("key4", "s3cret", 0400))), "s3cret");
}

TEST(SecretFile, OpenToGroupOrOthersIsRefusedWithTheFix) {
    const TemporaryFolder folder;
    for (const unsigned mode : {0640U, 0620U, 0604U, 0602U, 0644U, 0666U, 0610U, 0601U}) {
        const std::string path = folder.write("key", "s3cret", mode);
        EXPECT_THAT(refusal(path), HasSubstr("run: chmod 600 " + path)) << mode;
        EXPECT_THAT(refusal(path), testing::Not(HasSubstr("s3cret")));
    }
}

TEST(SecretFile, TheGroupMayReadOnlyWhereTheRuleSaysSoAndNeverWrite) {
    const TemporaryFolder folder;
    const SecretFileRule rule{.group_may_read = true};
    EXPECT_EQ(refusal(folder.write("key", "x", 0640), rule), "read");
    for (const unsigned mode : {0660U, 0644U, 0620U}) {
        EXPECT_THAT(refusal(folder.write("key", "x", mode), rule), HasSubstr("chmod 640")) << mode;
    }
}

TEST(SecretFile, FoldersFifosAndDevicesAreRefusedWithoutWaiting) {
    const TemporaryFolder folder;
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(refusal(folder / "fifo"), HasSubstr("not a regular file"));
    EXPECT_THAT(refusal(folder.path()), HasSubstr("not a regular file"));
    EXPECT_THAT(refusal("/dev/null"), HasSubstr("not a regular file"));
    EXPECT_THAT(refusal(folder / "absent"), HasSubstr("can't open"));
}

TEST(SecretFile, TooLongIsRefused) {
    const TemporaryFolder folder;
    EXPECT_EQ(refusal(folder.write("exact", std::string(kSecretFileBytesMax, 'x'))), "read");
    EXPECT_THAT(refusal(folder.write("long", std::string(kSecretFileBytesMax + 1, 'x'))),
                HasSubstr("longer than 4096"));
}

TEST(SecretFile, OwnedByAStrangerIsRefused) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    const TemporaryFolder folder;
    const std::string path = folder.write("key", "x", 0600);
    ASSERT_EQ(chown(path.c_str(), 12345, 0), 0);
    EXPECT_THAT(refusal(path), HasSubstr("belongs to user 12345"));
}

}  // namespace
}  // namespace pncp
