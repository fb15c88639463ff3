#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "agent/builtin/commands.hpp"
#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp::builtin {
namespace {

using test::TempTree;
using testing::HasSubstr;

CommandOutput list(const TempTree& tree) {
    auto sampler = test::sampler_of(tree.path());
    return lslogs(sampler, 0);
}

void dress(const TempTree& tree, const std::string& file, mode_t mode, time_t when) {
    const auto path = tree.path() + "/" + file;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const timespec times[2] = {{when, 0}, {when, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

}  // namespace

TEST(LslogsCommand, ListsModeSizeTimeAndNameInOrderOneLevelDeep) {
    const TempTree tree;
    tree.write("var/log/syslog", "12345");
    tree.write("var/log/apt/history.log", "1");
    tree.write("var/log/apt/deep/hidden", "1");
    dress(tree, "var/log/syslog", 0640, 1'700'000'000);
    dress(tree, "var/log/apt/history.log", 0644, 0);
    dress(tree, "var/log/apt/deep", 0755, 0);
    dress(tree, "var/log/apt", 01755, 1);
    const auto result = list(tree);
    EXPECT_EQ(result.exit_code, 0);
    std::string out = result.out;
    for (const auto* folder : {"apt/deep/", "apt/"}) {  // a folder's size depends on the file system
        const auto name = out.find(std::string{" "} + folder + "\n");
        ASSERT_NE(name, std::string::npos);
        out.replace(name - 33, 12, "           -");
    }
    EXPECT_EQ(out,
              "drwxr-xr-t            - 1970-01-01T00:00:01Z apt/\n"
              "drwxr-xr-x            - 1970-01-01T00:00:00Z apt/deep/\n"
              "-rw-r--r--            1 1970-01-01T00:00:00Z apt/history.log\n"
              "-rw-r-----            5 2023-11-14T22:13:20Z syslog\n");
}

TEST(LslogsCommand, NamesWithControlCharactersAreMadeVisible) {
    const TempTree tree;
    tree.write("var/log/a\n-rwsrwxrwx\x1b[2J", "");
    const auto result = list(tree);
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
    EXPECT_THAT(result.out, HasSubstr("a\\x0a-rwsrwxrwx\\x1b[2J"));
}

TEST(LslogsCommand, LinksAreListedAndNeverFollowed) {
    const TempTree tree;
    tree.write("var/log/x", "");
    tree.write("etc/secret", "");
    std::filesystem::create_directory_symlink(tree.path() + "/etc", tree.path() + "/var/log/out");
    const auto result = list(tree);
    EXPECT_THAT(result.out, HasSubstr("lrwxrwxrwx"));
    EXPECT_EQ(result.out.find("secret"), std::string::npos);
}

TEST(LslogsCommand, IsCutAfterAThousandEntriesAndSaysSo) {
    const TempTree tree;
    for (int i = 0; i < 1'005; ++i) tree.write("var/log/f" + std::to_string(10'000 + i), "");
    const auto result = list(tree);
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1'001);
    EXPECT_THAT(result.out, HasSubstr("f10999\n... cut after 1000 entries\n"));
}

TEST(LslogsCommand, AThousandEntriesExactlyAreNotCut) {
    const TempTree tree;
    for (int i = 0; i < 1'000; ++i) tree.write("var/log/f" + std::to_string(10'000 + i), "");
    EXPECT_EQ(list(tree).out.find("cut"), std::string::npos);
}

TEST(LslogsCommand, LongNamesAreCutBeforeTheOutputLimit) {
    const TempTree tree;
    for (int i = 0; i < 400; ++i) tree.write("var/log/" + std::string(200, 'n') + std::to_string(i), "");
    const auto result = list(tree);
    EXPECT_LT(result.out.size(), 64U * 1024);
    EXPECT_THAT(result.out, HasSubstr("... cut after "));
}

TEST(LslogsCommand, AFolderThatIsNotThereIsAFailureThatNamesIt) {
    const TempTree tree;
    const auto result = list(tree);
    EXPECT_EQ(result.exit_code, kExitFailed);
    EXPECT_THAT(result.err, HasSubstr("/var/log cannot be listed: No such file or directory"));
}

TEST(LslogsCommand, AnEmptyFolderIsASuccess) {
    const TempTree tree;
    std::filesystem::create_directories(tree.path() + "/var/log");
    const auto result = list(tree);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
}

}  // namespace pncp::builtin
