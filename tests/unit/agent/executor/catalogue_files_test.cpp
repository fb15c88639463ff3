#include "agent/executor/catalogue_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/schema/program/temporary_folder.hpp"

using namespace pncp::agent;
using pncp::test::TemporaryFolder;
using testing::HasSubstr;

namespace {

constexpr const char* kOne = "[one]\nhelp='h'\npath='/bin/true'\n";
constexpr const char* kTwo = "[two]\nhelp='h'\npath='/bin/true'\n";

pncp::Result<std::vector<CommandSpec>> load(const std::string& folder, uid_t self = geteuid()) {
    return load_catalogue({folder, true, {"uptime"}, self});
}

std::string error_of(const pncp::Result<std::vector<CommandSpec>>& loaded) {
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error().text();
}

}  // namespace

TEST(CatalogueFiles, AllTomlFilesCountAndNothingElse) {
    const TemporaryFolder folder;
    folder.write("b.toml", kOne, 0644);
    folder.write("a.toml", kTwo, 0600);
    folder.write("c.toml.example", "[three", 0644);
    folder.write(".d.toml.swp", "[four", 0644);
    folder.write("README", "five", 0644);
    const auto commands = load(folder.path());
    ASSERT_TRUE(commands) << commands.error().text();
    ASSERT_EQ(commands->size(), 2U);
    EXPECT_EQ(commands->front().name, "one");
    EXPECT_EQ(commands->front().where, (folder / "b.toml") + ":2");
}

TEST(CatalogueFiles, AFolderThatIsNotThereIsEmptyUnlessItWasNamed) {
    const TemporaryFolder folder;
    EXPECT_TRUE(load_catalogue({folder / "none", false, {}, geteuid()})->empty());
    EXPECT_THAT(error_of(load(folder / "none")), HasSubstr("--commands-dir"));
}

TEST(CatalogueFiles, WhatOthersMayWriteIsRefusedWithTheCommandThatHelps) {
    for (const unsigned mode : {0666U, 0664U, 0622U, 0602U}) {
        const TemporaryFolder folder;
        const auto file = folder.write("a.toml", kOne, mode);
        EXPECT_THAT(error_of(load(folder.path())), HasSubstr("run: chmod go-w " + file)) << mode;
    }
    const TemporaryFolder folder;
    folder.write("a.toml", kOne, 0644);
    chmod(folder.path().c_str(), 0777);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("run: chmod go-w " + folder.path()));
}

TEST(CatalogueFiles, WhatBelongsToSomebodyElseIsRefused) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    const TemporaryFolder folder;
    const auto file = folder.write("a.toml", kOne, 0644);
    ASSERT_EQ(chown(file.c_str(), 65'534, 0), 0);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("run: chown root:root " + file));
    EXPECT_TRUE(load(folder.path(), 65'534)) << "its own user's is as good as root's";
}

TEST(CatalogueFiles, AProgramThatOthersMayChangeIsRefused) {
    const TemporaryFolder folder;
    const auto program = folder.write("program", "#!/bin/true\n", 0777);
    folder.write("a.toml", "[a]\nhelp='h'\npath='" + program + "'\n", 0644);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("the program " + program + " has mode 0777"));
    chmod(program.c_str(), 0755);
    EXPECT_TRUE(load(folder.path()));
}

TEST(CatalogueFiles, AProgramWhoseFolderOthersMayWriteIsRefused) {
    const TemporaryFolder folder;
    const TemporaryFolder open;
    const auto program = open.write("program", "#!/bin/true\n", 0755);
    folder.write("a.toml", "[a]\nhelp='h'\npath='" + program + "'\n", 0644);
    chmod(open.path().c_str(), 0777);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("run: chmod go-w " + open.path()));
    chmod(open.path().c_str(), 01777);
    EXPECT_TRUE(load(folder.path())) << "in a sticky folder nobody moves what is another's";
    chmod(open.path().c_str(), 0755);
    EXPECT_TRUE(load(folder.path()));
}

TEST(CatalogueFiles, ALinkToAShellIsAShell) {
    const TemporaryFolder folder;
    const std::string link = folder.path() + "/innocent";
    ASSERT_EQ(symlink("/bin/sh", link.c_str()), 0);
    folder.write("a.toml", "[a]\nhelp='h'\npath='" + link + "'\n", 0644);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("is a shell"));
}

TEST(CatalogueFiles, AProgramThatIsNotThereYetIsLeftForLater) {
    const TemporaryFolder folder;
    folder.write("a.toml", "[a]\nhelp='h'\npath='/nonexistent/x'\n", 0644);
    EXPECT_TRUE(load(folder.path()));
}

TEST(CatalogueFiles, OneThatIsNotEnabledIsReadButNotTaken) {
    const TemporaryFolder folder;
    folder.write("a.toml", std::string(kOne) + "enabled = false\n", 0644);
    EXPECT_TRUE(load(folder.path())->empty());
    folder.write("b.toml", std::string(kTwo) + "enable = false\n", 0644);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("did you mean enabled?"));
}

TEST(CatalogueFiles, TheSameNameTwiceIsRefusedWithBothPlaces) {
    const TemporaryFolder folder;
    folder.write("a.toml", kOne, 0644);
    folder.write("b.toml", kOne, 0644);
    const auto error = error_of(load(folder.path()));
    EXPECT_THAT(error, HasSubstr("a.toml:2"));
    EXPECT_THAT(error, HasSubstr("b.toml:2"));
}

TEST(CatalogueFiles, AnotherUserNeedsRoot) {
    const TemporaryFolder folder;
    folder.write("a.toml", std::string(kOne) + "user = 'nobody'\n", 0644);
    if (geteuid() == 0) {
        const auto commands = load(folder.path(), 0);
        ASSERT_TRUE(commands) << commands.error().text();
        ASSERT_TRUE(commands->front().identity);
        EXPECT_EQ(commands->front().identity->uid, 65'534U);
    }
    EXPECT_THAT(error_of(load(folder.path(), geteuid() == 0 ? 1'000 : geteuid())),
                HasSubstr("works only when the agent runs as root"));
    if (geteuid() != 0) return;
    folder.write("a.toml", std::string(kOne) + "user = 'no-such-user'\n", 0644);
    EXPECT_THAT(error_of(load(folder.path(), 0)), HasSubstr("is no user of this device"));
}

TEST(CatalogueFiles, AListThatDoesNotFitIntoAFrameIsRefused) {
    const TemporaryFolder folder;
    std::string many;
    for (int i = 0; i < 200; ++i) {
        many += "[c" + std::to_string(i) + "]\nhelp='h'\npath='/x'\narguments=['{s}']\n[[c" +
                std::to_string(i) + ".slot]]\nname='s'\ntype='regex'\npattern='" + std::string(250, 'a') +
                "'\n";
    }
    folder.write("a.toml", many, 0644);
    EXPECT_THAT(error_of(load(folder.path())), HasSubstr("in one frame"));
}

TEST(CatalogueFiles, LinksFoldersAndDevicesAreJudgedByWhatTheyAre) {
    const TemporaryFolder folder;
    ASSERT_EQ(symlink("/dev/zero", (folder / "zero.toml").c_str()), 0);
    EXPECT_FALSE(load(folder.path()));
    const TemporaryFolder other;
    ASSERT_EQ(mkdir((other / "folder.toml").c_str(), 0755), 0);
    EXPECT_FALSE(load(other.path()));
}
