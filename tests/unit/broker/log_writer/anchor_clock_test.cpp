#include "broker/log_writer/anchor_clock.hpp"

#include <gtest/gtest.h>

#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::log_writer {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

struct AnchorClockTest : ::testing::Test {
    void add(std::uint64_t lines, std::int64_t now_ms) {
        for (std::uint64_t i = 0; i < lines; ++i) clock.on_line(now_ms);
        chain.cursor.sequence += lines;
        chain.hash[0] = static_cast<std::uint8_t>(chain.cursor.sequence);
    }
    AnchorClock clock;
    ChainState chain{{Id16{5}, 0}, {}};
};

TEST_F(AnchorClockTest, AThousandDurableLinesAreAnchoredAtOnce) {
    add(1'000, 10);
    EXPECT_FALSE(clock.next(10)) << "not durable yet";
    clock.on_synced(chain);
    const auto request = clock.next(10);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->journal, Id16{5});
    EXPECT_EQ(request->sequence, 1'000U);
    EXPECT_EQ(request->hash, chain.hash);
    EXPECT_FALSE(clock.next(100'000)) << "one at a time";
    clock.answered(true, 20);
    EXPECT_FALSE(clock.next(100'000));
}

TEST_F(AnchorClockTest, OneLineIsAnchoredAfterAMinute) {
    add(1, 1'000);
    clock.on_synced(chain);
    EXPECT_EQ(clock.wake_at_ms(), 61'000);
    EXPECT_FALSE(clock.next(60'999));
    EXPECT_TRUE(clock.next(61'000));
}

TEST_F(AnchorClockTest, BeforeTheEndOneNewLineIsEnough) {
    EXPECT_TRUE(clock.all_anchored());
    EXPECT_FALSE(clock.last(10));
    add(1, 10);
    clock.on_synced(chain);
    EXPECT_FALSE(clock.all_anchored());
    EXPECT_FALSE(clock.next(10));
    const auto request = clock.last(10);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->sequence, 1U);
    EXPECT_FALSE(clock.last(10)) << "one at a time";
    clock.answered(false, 20);
    EXPECT_FALSE(clock.last(30)) << "a broker that refuses is not pressed";
    EXPECT_FALSE(clock.all_anchored());
    ASSERT_TRUE(clock.last(20 + AnchorClock::kRetryMs));
    clock.answered(true, 20 + AnchorClock::kRetryMs);
    EXPECT_TRUE(clock.all_anchored());
}

TEST_F(AnchorClockTest, WithNothingToAnchorItNeverWakes) {
    EXPECT_EQ(clock.wake_at_ms(), kNever);
    add(1, 0);
    clock.on_synced(chain);
    ASSERT_TRUE(clock.next(60'000));
    clock.answered(true, 60'000);
    EXPECT_EQ(clock.wake_at_ms(), kNever);
}

TEST_F(AnchorClockTest, LinesThatCameMeanwhileWaitForTheNextOne) {
    add(1'000, 0);
    clock.on_synced(chain);
    ASSERT_TRUE(clock.next(0));
    add(5, 100);
    clock.on_synced(chain);
    clock.answered(true, 200);
    EXPECT_EQ(clock.wake_at_ms(), 60'000);
    const auto request = clock.next(60'000);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->sequence, 1'005U);
}

TEST_F(AnchorClockTest, ARefusedOneIsAskedForAgainAfterAPause) {
    add(1'000, 0);
    clock.on_synced(chain);
    ASSERT_TRUE(clock.next(0));
    clock.answered(false, 1'000);
    EXPECT_FALSE(clock.next(1'000 + AnchorClock::kRetryMs - 1));
    EXPECT_TRUE(clock.next(1'000 + AnchorClock::kRetryMs));
}

TEST(AnchorClock, AnchorsAndTheLogWritersOwnSessionsCauseNoAnchor) {
    Event event = pncp::testing::test_event();
    EXPECT_TRUE(counts_for_anchor(event, "log-writer"));
    event.kind = EventKind::anchor;
    EXPECT_FALSE(counts_for_anchor(event, "log-writer"));
    event.kind = EventKind::hello;
    event.topic = "status/log-writer/";
    EXPECT_FALSE(counts_for_anchor(event, "log-writer"));
    event.topic = "status/pi-1/";
    EXPECT_TRUE(counts_for_anchor(event, "log-writer"));
}

}  // namespace
}  // namespace pncp::log_writer
