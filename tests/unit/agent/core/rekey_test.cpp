// REKEY and CANCEL on the device.
#include <gtest/gtest.h>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

using testing::Bench;
using testing::id16;

Key32 next_key() {
    Key32 key;
    key.fill(0x5A);
    return key;
}

void hand_over(Bench& bench, std::uint16_t generation) {
    const Bytes frame = bench.broker.session->seal(FrameType::rekey, Rekey{generation, next_key()});
    bench.perform(bench.core.on_frame(frame, bench.now));
}

TEST(Rekey, TheAgentKeepsItsNextKeyAndComesBackWithIt) {
    Bench bench;
    bench.start();
    bench.broker.peer.generation = 2;
    bench.broker.peer_key = next_key();
    hand_over(bench, 2);
    ASSERT_EQ(bench.saved_keys.size(), 1U);
    EXPECT_EQ(bench.saved_keys[0].generation, 2);
    EXPECT_EQ(bench.saved_keys[0].key, next_key());
    EXPECT_EQ(bench.broker.hellos.size(), 2U) << "at once";
    EXPECT_TRUE(bench.core.in_session());
    bench.pass(60'000);
    EXPECT_TRUE(bench.core.spool().empty()) << "and goes on delivering";
}

TEST(Rekey, AKeyThatCannotBeKeptIsNotUsed) {
    Bench bench;
    bench.key_is_kept = false;
    bench.start();
    hand_over(bench, 2);
    EXPECT_TRUE(bench.core.in_session());
    EXPECT_EQ(bench.broker.hellos.size(), 1U);
    EXPECT_EQ(bench.logged("can't be kept"), 1U);
    EXPECT_EQ(bench.broker.count(Stream::results, 1), 1U) << "the broker is told";
    hand_over(bench, 2);
    EXPECT_EQ(bench.broker.count(Stream::results, 2), 0U) << "once a generation";
}

TEST(Rekey, AnOldOrThePresentGenerationChangesNothing) {
    Bench bench;
    bench.start();
    for (const std::uint16_t generation : {std::uint16_t{0}, std::uint16_t{1}}) hand_over(bench, generation);
    EXPECT_TRUE(bench.saved_keys.empty());
    EXPECT_EQ(bench.core.refused(Refusal::payload), 2U);
    EXPECT_TRUE(bench.core.in_session());
}

void cancel(Bench& bench, std::uint64_t number) {
    bench.perform(
        bench.core.on_frame(bench.broker.session->seal(FrameType::cancel, Cancel{id16(number)}), bench.now));
}

TEST(Cancel, AQueuedCommandEndsAsCancelledAndNeverRuns) {
    Bench bench;
    bench.start();
    for (std::uint64_t i = 1; i <= CommandMemory::kAtOnce + 1; ++i) bench.send_command(i, "uptime");
    const std::uint64_t queued = CommandMemory::kAtOnce + 1;
    cancel(bench, queued);
    EXPECT_TRUE(bench.cancels.empty());
    for (std::uint64_t i = 1; i < queued; ++i) bench.finish(i, "done");
    EXPECT_EQ(bench.runs.size(), CommandMemory::kAtOnce);
    cancel(bench, queued);
    cancel(bench, 99);
    EXPECT_TRUE(bench.cancels.empty()) << "ended and unknown ones are left alone";
}

TEST(Cancel, ARunningCommandIsCancelledByTheLoopOnce) {
    Bench bench;
    bench.start();
    bench.send_command(1, "uptime");
    cancel(bench, 1);
    ASSERT_EQ(bench.cancels.size(), 1U);
    EXPECT_EQ(bench.cancels[0], id16(1));
}

}  // namespace
}  // namespace pncp::agent
