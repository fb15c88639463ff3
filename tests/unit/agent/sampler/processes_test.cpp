#include "agent/sampler/processes.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Processes, OfTheRecordedPiAreCountedByState) {
    ProcessTable table{test::tree_path("pi4")};
    ProcessCounts expected;
    expected.total = 7;
    expected.running = 1;
    expected.sleeping = 3;
    expected.blocked = 1;
    expected.idle = 1;
    expected.zombies = 1;
    expected.threads = 12;
    EXPECT_EQ(table.read(), expected);
    EXPECT_EQ(table.read(), expected) << "the folder is read from its start each time";
}

TEST(Processes, ANameCannotForgeAState) {
    ProcessCounts counts;
    EXPECT_TRUE(count_process("7 (a) R 1 (\n) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0\n", counts));
    EXPECT_EQ(counts.zombies, 1);
    EXPECT_EQ(counts.running, 0);
    EXPECT_EQ(counts.threads, 2);
}

TEST(Processes, WhatIsNoProcessIsNotCounted) {
    ProcessCounts counts;
    for (const auto* text : {"", "7 (a", "7 (a)", "7 (a) ", "7 (a) RUNNING 1"})
        EXPECT_FALSE(count_process(text, counts)) << text;
    EXPECT_EQ(counts, ProcessCounts{});
    EXPECT_TRUE(count_process("7 (a) Q 1", counts));
    EXPECT_EQ(counts.unknown, 1);
}

TEST(Processes, AreAbsentWhereThoseOfOthersAreHidden) {
    const test::TempTree tree{"pi4"};
    ProcessTable table{tree.path()};
    EXPECT_TRUE(table.read());
    tree.remove("proc/1");
    EXPECT_FALSE(table.read());
    EXPECT_FALSE(ProcessTable{"/no/such/tree"}.read());
}

TEST(Processes, OneThatEndsMeanwhileIsLeftOut) {
    const test::TempTree tree{"pi4"};
    ProcessTable table{tree.path()};
    tree.remove("proc/411/stat");
    ASSERT_TRUE(table.read());
    EXPECT_EQ(table.read()->total, 6);
}

}  // namespace pncp
