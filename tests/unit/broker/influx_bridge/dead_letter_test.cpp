#include "broker/influx_bridge/dead_letter.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/program/files.hpp"

namespace pncp::influx {
namespace {

struct DeadLetterTest : testing::Test {
    std::string folder = testing::TempDir() + "pncp-dead-XXXXXX";
    void SetUp() override { ASSERT_NE(mkdtemp(folder.data()), nullptr); }
    [[nodiscard]] static std::string contents(const std::string& path) {
        const auto file = read_file(path, 1 << 20);
        return file ? file->text : "";
    }
};

TEST_F(DeadLetterTest, ALetterIsACommentAndTheLineAsItWas) {
    EXPECT_EQ(format_dead_letter({"answer 400: bad", "m s=\"a\nb\" 1\n"}, 0),
              "# 1970-01-01T00:00:00.000Z answer 400: bad\nm s=\"a\nb\" 1\n");
    EXPECT_EQ(format_dead_letter({"why", ""}, 0), "# 1970-01-01T00:00:00.000Z why\n");
}

TEST_F(DeadLetterTest, AReasonCannotForgeALine) {
    const std::string text = format_dead_letter({"why\ncpu usage=1 1\n", "m a=1 1"}, 0);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_TRUE(text.ends_with("\nm a=1 1\n"));
}

TEST_F(DeadLetterTest, LettersAreAppendedAcrossRestarts) {
    const std::string path = folder + "/dead";
    for (int i = 0; i < 2; ++i) {
        DeadLetterFile file(path);
        ASSERT_TRUE(file.append({{"one", "a"}, {"two", "b"}}, 0));
    }
    const std::string text = contents(path);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 8);
}

TEST_F(DeadLetterTest, AfterATornLetterTheNextOneStandsOnItsOwnLine) {
    const std::string path = folder + "/dead";
    std::ofstream(path) << "# 1970 why\nm a=";
    DeadLetterFile file(path);
    ASSERT_TRUE(file.append({{"one", "m b=1 1"}}, 0));
    EXPECT_EQ(contents(path), "# 1970 why\nm a=\n# 1970-01-01T00:00:00.000Z one\nm b=1 1\n");
}

TEST_F(DeadLetterTest, AFileThatWasMovedAwayIsLeftAlone) {
    const std::string path = folder + "/dead";
    DeadLetterFile file(path);
    ASSERT_TRUE(file.append({{"one", "a"}}, 0));
    ASSERT_EQ(std::rename(path.c_str(), (path + ".mine").c_str()), 0);
    ASSERT_TRUE(file.append({{"two", "b"}}, 0));
    EXPECT_EQ(contents(path + ".mine").find("two"), std::string::npos);
    EXPECT_NE(contents(path).find("two"), std::string::npos);
}

TEST_F(DeadLetterTest, NothingToWriteMakesNoFile) {
    DeadLetterFile file(folder + "/dead");
    ASSERT_TRUE(file.append({}, 0));
    EXPECT_FALSE(path_exists(folder + "/dead"));
}

TEST_F(DeadLetterTest, AFullFileIsKeptOnceUnderAnotherName) {
    DeadLetterFile file(folder + "/dead", 10);
    ASSERT_TRUE(file.append({{"one", "a"}}, 0));
    ASSERT_TRUE(file.append({{"two", "b"}}, 0));
    EXPECT_NE(contents(folder + "/dead.1").find("one"), std::string::npos);
    EXPECT_NE(contents(folder + "/dead").find("two"), std::string::npos);
}

TEST_F(DeadLetterTest, AFileThatCannotBeWrittenIsAnErrorThatSaysWhere) {
    DeadLetterFile nowhere(folder + "/missing/dead");
    const Status failed = nowhere.append({{"one", "a"}}, 0);
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().text().find("bridge.dead_letter_file"), std::string::npos);
    DeadLetterFile full("/dev/full");
    EXPECT_FALSE(full.append({{"one", "a"}}, 0));
}

}  // namespace
}  // namespace pncp::influx
