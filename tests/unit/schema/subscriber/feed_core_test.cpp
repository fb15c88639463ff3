// What FeedCore promises, claim by claim.
#include "schema/subscriber/feed_core.hpp"

#include "feed_bench.hpp"

namespace pncp {
namespace {

using namespace feed_bench;

class FeedCoreTest : public testing::Test {
  protected:
    void SetUp() override {
        for (int i = 0; i < 10; ++i) broker.append();
    }
    /// Asks and answers until nothing is left to ask.
    void converse(FeedCore& core, std::int64_t now_ms = 1'000) {
        for (int i = 0; i < 100; ++i) {
            auto request = core.next_request(now_ms);
            if (!request) return;
            core.on_reply(broker.answer(*request), now_ms);
        }
        FAIL() << "asks without end";
    }
    Broker broker;
    std::mt19937_64 random{1};
    Consumer consumer{broker, random};
};

TEST_F(FeedCoreTest, ALateStartFetchesFromTheOldestHeld) {
    broker.forget_up_to(4);
    FeedCore core({});
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 6U);
    EXPECT_TRUE(consumer.gaps.empty()) << "what was gone before it ever followed is not its loss";
}

TEST_F(FeedCoreTest, AStartBehindRetentionDeclaresTheHole) {
    broker.forget_up_to(7);
    FeedOptions options;
    options.start = {broker.journal, 3};
    consumer.quiet_start = false;
    consumer.at = options.start;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 4U);
    EXPECT_EQ(consumer.gaps[0].last, 7U);
    EXPECT_EQ(consumer.taken, 3U);
}

TEST_F(FeedCoreTest, FromNowBeginsBehindTheHead) {
    FeedOptions options;
    options.from_now = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    const std::uint64_t seq = broker.append();
    EXPECT_TRUE(core.on_live(broker.journal, seq, broker.events.at(seq)));
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 1U);
    EXPECT_EQ(consumer.at.sequence, 11U);
}

TEST_F(FeedCoreTest, FromTheBrokersCursorBeginsWhereTheBrokerSaysAndGoesOnFromThere) {
    broker.cursor = 6;
    FeedOptions options;
    options.durable = true;
    options.from_broker_cursor = true;
    consumer.quiet_start = false;
    consumer.at = {broker.journal, 6};
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 4U);
    EXPECT_TRUE(consumer.gaps.empty());
}

TEST_F(FeedCoreTest, WhomTheBrokerDoesNotKnowBeginsBehindTheHeadAndKeepsThatPlace) {
    FeedOptions options;
    options.durable = true;
    options.from_broker_cursor = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 0U) << "nothing of what was before";
    EXPECT_EQ(broker.cursor, 10U) << "so that a restart begins here and misses nothing";
    const std::uint64_t seq = broker.append();
    EXPECT_TRUE(core.on_live(broker.journal, seq, broker.events.at(seq)));
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.taken, 1U);
    EXPECT_TRUE(consumer.gaps.empty());
}

TEST_F(FeedCoreTest, ALostTailIsNoticedByTheHeartbeat) {
    FeedCore core({});
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    broker.append();
    EXPECT_EQ(core.next_request(2'000), std::nullopt);
    EXPECT_TRUE(core.on_heartbeat(broker.journal, broker.head));
    converse(core, 2'000);
    EXPECT_TRUE(core.deliver(consumer));
    EXPECT_EQ(consumer.at.sequence, 11U);
}

TEST_F(FeedCoreTest, AConsumerThatTakesNothingHoldsABoundedNumberOfEvents) {
    FeedCore core({});
    core.on_session(broker.journal);
    consumer.refuses = 1;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t seq = broker.append();
        EXPECT_TRUE(core.on_live(broker.journal, seq, broker.events.at(seq)));
        if (i % 100 != 0) continue;
        if (auto request = core.next_request(1'000 + i)) core.on_reply(broker.answer(*request), 1'000 + i);
        EXPECT_FALSE(core.deliver(consumer));
        ASSERT_LE(core.held(), limits::kSubscriberHeld + limits::kPageRows);
    }
    consumer.refuses = 0;
    for (int i = 0; i < 200; ++i) {
        converse(core, 100'000);
        EXPECT_TRUE(core.deliver(consumer));
    }
    EXPECT_EQ(consumer.at.sequence, broker.head);
}

TEST_F(FeedCoreTest, ACursorIsSentAtMostOnceASecondAtLowRatesAndOnlyForWhatWasDelivered) {
    FeedOptions options;
    options.durable = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    core.advance(5);
    core.advance(99);  // of no event handed over
    EXPECT_EQ(core.next_request(1'500), std::nullopt);
    EXPECT_EQ(core.wake_at_ms(), 2'000);
    const auto request = core.next_request(2'000);
    ASSERT_TRUE(request);
    EXPECT_EQ(std::get<CursorRequest>(*request).sequence, 5U);
}

TEST_F(FeedCoreTest, HowItFaresIsToldWithoutAnAdvanceAndAgainInTheNextSession) {
    FeedOptions options;
    options.durable = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    core.report("unreachable", 3);
    const auto request = core.next_request(core.wake_at_ms());
    ASSERT_TRUE(request);
    EXPECT_EQ(std::get<CursorRequest>(*request).error, "unreachable");
    EXPECT_EQ(std::get<CursorRequest>(*request).dead_letters, 3U);
    core.on_session_lost();
    core.on_session(broker.journal);
    converse(core, 10'000);
    core.report("unreachable", 3);
    EXPECT_FALSE(core.next_request(20'000)) << "it was told when the session began";
    core.report(std::string(5'000, 'x'), 3);
    const auto cut = core.next_request(30'000);
    ASSERT_TRUE(cut);
    EXPECT_EQ(std::get<CursorRequest>(*cut).error->size(), 200U);
}

TEST_F(FeedCoreTest, ACursorWhoseSessionWasLostIsSentAgain) {
    FeedOptions options;
    options.durable = true;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    core.advance(10);
    ASSERT_TRUE(core.next_request(5'000));
    core.on_session_lost();
    core.on_session(broker.journal);
    converse(core, 5'000);
    EXPECT_EQ(broker.cursor, 10U);
}

TEST_F(FeedCoreTest, AnEventThatCannotBeDecodedIsDeclaredNotSkipped) {
    FeedCore core({});
    core.on_session(broker.journal);
    auto request = core.next_request(1'000);
    ASSERT_TRUE(request);
    auto page = std::get<FetchReply>(broker.answer(*request));
    page.rows[4].event = {0xc1};
    core.on_reply(page, 1'000);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 5U);
    EXPECT_EQ(consumer.gaps[0].last, 5U);
    EXPECT_EQ(consumer.taken, 9U);
}

TEST_F(FeedCoreTest, ARefusalIsSaidOnceAndAskedAgainLater) {
    FeedCore core({});
    core.on_session(broker.journal);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(core.next_request(1'000 + i * 10'000));
        core.on_reply(ErrorReply{ErrorCode::overload, "too busy", "", {}}, 1'000 + i * 10'000);
        EXPECT_EQ(core.next_request(1'001 + i * 10'000), std::nullopt);
        EXPECT_TRUE(core.deliver(consumer));
    }
    EXPECT_EQ(consumer.states.size(), 1U);
}

TEST_F(FeedCoreTest, AnotherJournalIsAGapOfUnknownLength) {
    FeedOptions options;
    options.start = {journal_id(9), 77};
    consumer.quiet_start = false;
    consumer.at = options.start;
    FeedCore core(options);
    core.on_session(broker.journal);
    converse(core);
    EXPECT_TRUE(core.deliver(consumer));
    ASSERT_EQ(consumer.gaps.size(), 1U);
    EXPECT_EQ(consumer.gaps[0].first, 78U);
    EXPECT_EQ(consumer.gaps[0].last, 0U);
    EXPECT_EQ(consumer.taken, 10U);
}

}  // namespace
}  // namespace pncp
