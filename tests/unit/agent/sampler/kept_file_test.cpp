#include "agent/sampler/kept_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

using test::TempTree;

TEST(KeptFile, ReadsTheTextOfNowEachTime) {
    const TempTree tree;
    tree.write("a", "one\n");
    ReadBuffer buffer;
    KeptFile file{tree.path() + "/a"};
    EXPECT_EQ(file.read(buffer), "one\n");
    tree.write("a", "two, longer\n");
    EXPECT_EQ(file.read(buffer), "two, longer\n");
    tree.write("a", "");
    EXPECT_EQ(file.read(buffer), "");
}

TEST(KeptFile, AFileThatIsNotThereIsAbsentUntilItComes) {
    const TempTree tree;
    ReadBuffer buffer;
    KeptFile file{tree.path() + "/a"};
    EXPECT_EQ(file.read(buffer), std::nullopt);
    tree.write("a", "here\n");
    EXPECT_EQ(file.read(buffer), "here\n");
}

TEST(KeptFile, AFileThatVanishedIsAbsentAndOneThatReplacedItIsRead) {
    const TempTree tree;
    tree.write("a", "old\n");
    tree.write("b", "new\n");
    ReadBuffer buffer;
    KeptFile file{tree.path() + "/a"};
    EXPECT_EQ(file.read(buffer), "old\n");
    std::filesystem::rename(tree.path() + "/b", tree.path() + "/a");
    EXPECT_EQ(file.read(buffer), "new\n");
    tree.remove("a");
    EXPECT_EQ(file.read(buffer), std::nullopt);
}

TEST(KeptFile, ADirectoryIsAbsent) {
    const TempTree tree;
    ReadBuffer buffer;
    KeptFile file{tree.path()};
    EXPECT_EQ(file.read(buffer), std::nullopt);
}

TEST(KeptFile, TheBufferGrowsToItsLimitAndNoFurther) {
    const TempTree tree;
    tree.write("a", std::string(100'000, 'x'));
    tree.write("b", std::string(ReadBuffer::kMaxBytes + 5, 'y'));
    ReadBuffer buffer;
    KeptFile a{tree.path() + "/a"};
    KeptFile b{tree.path() + "/b"};
    EXPECT_EQ(a.read(buffer)->size(), 100'000U);
    EXPECT_EQ(b.read(buffer)->size(), ReadBuffer::kMaxBytes);
    EXPECT_EQ(a.read(buffer), std::string(100'000, 'x'));
}

TEST(KeptFile, MovesWithItsOpenFile) {
    const TempTree tree;
    tree.write("a", "one\n");
    ReadBuffer buffer;
    KeptFile first{tree.path() + "/a"};
    EXPECT_TRUE(first.announced_change()) << "nothing was read yet";
    ASSERT_TRUE(first.read(buffer));
    KeptFile second{std::move(first)};
    EXPECT_FALSE(second.announced_change());
    KeptFile third{tree.path() + "/none"};
    third = std::move(second);
    EXPECT_EQ(third.read(buffer), "one\n");
}

TEST(KeptFile, TheKernelsOwnFilesAreReadWholeAndAnew) {
    ReadBuffer buffer;
    KeptFile stat{"/proc/stat"};
    ASSERT_TRUE(stat.read(buffer));
    EXPECT_THAT(std::string{*stat.read(buffer)}, testing::HasSubstr("\nsoftirq ")) << "to its last line";
    KeptFile online{"/sys/devices/system/cpu/online"};
    const std::string first{online.read(buffer).value_or("none")};
    EXPECT_EQ(online.read(buffer).value_or("none"), first);
}

}  // namespace pncp
