#include "agent/core/command_memory.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

using State = CommandMemory::State;
using testing::id16;

Command command(std::uint64_t number) {
    Command made;
    made.command = id16(number);
    return made;
}

void finish_one(CommandMemory& memory, std::uint64_t number, std::size_t output_bytes = 0) {
    ResultBody result;
    result.out.assign(output_bytes, 'x');
    result.out_bytes = output_bytes;
    memory.finish(memory.remember(command(number), State::running), std::move(result), number);
}

TEST(CommandMemory, WhatIsNotAcknowledgedIsNeverForgotten) {
    CommandMemory memory;
    for (std::uint64_t i = 1; i <= limits::kCommandsRemembered; ++i) finish_one(memory, i);
    EXPECT_FALSE(memory.has_room());
    memory.settle([](std::uint64_t seq) { return seq == 5; });
    ASSERT_TRUE(memory.has_room());
    memory.remember(command(1'000), State::queued);
    EXPECT_EQ(memory.find(id16(5)), nullptr);
    for (std::uint64_t i = 1; i <= limits::kCommandsRemembered; ++i)
        if (i != 5) {
            EXPECT_NE(memory.find(id16(i)), nullptr);
        }
}

TEST(CommandMemory, TheOldestOutputsAreForgottenFirstAndThatIsSaid) {
    CommandMemory memory;
    for (std::uint64_t i = 1; i <= 4; ++i) finish_one(memory, i, 12 * 1024);
    EXPECT_EQ(memory.find(id16(4))->result.out.size(), 12U * 1024);
    EXPECT_EQ(memory.find(id16(3))->result.out.size(), 12U * 1024);
    const auto& oldest = memory.find(id16(1))->result;
    EXPECT_TRUE(oldest.out.empty());
    EXPECT_EQ(oldest.out_bytes, 0U);
    EXPECT_TRUE(oldest.truncated);
    EXPECT_NE(oldest.reason.find("no longer holds its output"), std::string::npos);
}

TEST(CommandMemory, QueuedOnesComeOutInOrder) {
    CommandMemory memory;
    for (std::uint64_t i = 1; i <= 3; ++i) memory.remember(command(i), State::queued);
    EXPECT_EQ(memory.count(State::queued), 3U);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        auto* next = memory.next_queued();
        ASSERT_NE(next, nullptr);
        EXPECT_EQ(next->command.command, id16(i));
        next->state = State::running;
    }
    EXPECT_EQ(memory.next_queued(), nullptr);
}

}  // namespace
}  // namespace pncp::agent
