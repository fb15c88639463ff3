#include "agent/core/spool.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"

namespace pncp::agent {
namespace {

constexpr Clock kNow{1'000, 0, false};

Clock at(std::int64_t boot_ms) { return {boot_ms, 0, false}; }

struct SpoolTest : ::testing::Test {
    static constexpr std::size_t kBody = 100;
    static constexpr std::size_t kRow = Spool::kRowCost + kBody;

    void add_metrics(Spool& to, int rows) {
        for (int i = 0; i < rows; ++i) to.add(Stream::metrics, RowKind::metrics, kNow, Bytes(kBody));
    }
    void add_results(Spool& to, int rows) {
        for (int i = 0; i < rows; ++i) to.add(Stream::results, RowKind::result, kNow, Bytes(kBody));
    }
    /// Takes and acknowledges rows at once until the window is as large as it gets.
    static void open_window(Spool& of) {
        std::uint64_t made = of.heads().metrics;
        for (int i = 0; i < 4'000; ++i) made = of.add(Stream::metrics, RowKind::metrics, kNow, Bytes(1));
        while (const auto batch = of.next_batch(kNow)) of.acknowledge({batch->rows.back().seq, 0}, 1'000);
        EXPECT_EQ(of.acknowledged().metrics, made);
    }
    static std::vector<GapBody> gaps_in(const Batch& batch) {
        std::vector<GapBody> gaps;
        for (const auto& row : batch.rows)
            if (row.kind == RowKind::gap) gaps.push_back(*decode<GapBody>(row.body));
        return gaps;
    }

    Id16 id{1};
    Spool spool{id, "boot", 1'000'000};
};

TEST_F(SpoolTest, NothingIsSentWithoutASession) {
    add_metrics(spool, 1);
    EXPECT_FALSE(spool.next_batch(kNow).has_value());
    spool.resume({});
    EXPECT_TRUE(spool.next_batch(kNow).has_value());
    EXPECT_FALSE(spool.next_batch(kNow).has_value());
}

TEST_F(SpoolTest, ABatchSaysWhatStandsBeforeIt) {
    spool.resume({});
    add_metrics(spool, 2);
    EXPECT_EQ(spool.next_batch(kNow)->after, (StreamHeads{0, 0}));
    add_metrics(spool, 1);
    EXPECT_EQ(spool.next_batch(kNow)->after, (StreamHeads{2, 0}));
    EXPECT_TRUE(spool.acknowledge({3, 0}, 0));
    EXPECT_TRUE(spool.empty());
    add_metrics(spool, 1);
    EXPECT_EQ(spool.next_batch(kNow)->after, (StreamHeads{3, 0}));
}

TEST_F(SpoolTest, ABatchEndsAtItsLimits) {
    Spool large(id, "boot", 10'000'000);
    large.resume({});
    open_window(large);
    add_metrics(large, 300);
    EXPECT_EQ(large.next_batch(kNow)->rows.size(), limits::kBatchRows);
    EXPECT_EQ(large.next_batch(kNow)->rows.size(), 300 - limits::kBatchRows);
    for (int i = 0; i < 5; ++i)
        large.add(Stream::results, RowKind::output, kNow, Bytes(limits::kRowBodyBytes));
    const auto batch = large.next_batch(kNow);
    EXPECT_EQ(batch->rows.size(), 3U);
    EXPECT_LE(encode(*batch).size(), limits::kPayloadBytes);
}

TEST_F(SpoolTest, TheWindowClosesAndLeavesRoomForResults) {
    Spool large(id, "boot", 10'000'000);
    large.resume({});
    open_window(large);
    const std::uint64_t before = large.heads().metrics;
    for (int i = 0; i < 100; ++i)
        large.add(Stream::metrics, RowKind::metrics, kNow, Bytes(limits::kRowBodyBytes));
    std::size_t metrics = 0;
    while (large.next_batch(kNow)) ++metrics;
    EXPECT_EQ(metrics, limits::kBatchesInFlight - Spool::kBatchesForResults);
    std::size_t results = 0;
    for (int i = 0; i < 10; ++i) {
        add_results(large, 1);
        results += large.next_batch(kNow).has_value();
    }
    EXPECT_EQ(results, Spool::kBatchesForResults);
    large.acknowledge({before + 3, 0}, 0);
    EXPECT_TRUE(large.next_batch(kNow).has_value());
}

TEST_F(SpoolTest, WhatIsNotAcknowledgedInTimeIsSentAgainFromTheFirstRow) {
    spool.resume({});
    add_metrics(spool, 1);
    (void)spool.next_batch(at(0));
    add_metrics(spool, 1);
    (void)spool.next_batch(at(1'000));
    ASSERT_EQ(spool.wake_at_ms(), limits::kAckTimeoutMs);
    spool.on_timer(limits::kAckTimeoutMs);
    const auto again = spool.next_batch(at(limits::kAckTimeoutMs));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->rows.size(), 2U);
    EXPECT_EQ(again->after, (StreamHeads{0, 0}));
    EXPECT_EQ(spool.wake_at_ms(), limits::kAckTimeoutMs + 2 * limits::kAckTimeoutMs);
    spool.acknowledge({2, 0}, 15'000);
    EXPECT_FALSE(spool.wake_at_ms().has_value());
}

TEST_F(SpoolTest, TheTimeOutStopsDoublingAtAMinute) {
    spool.resume({});
    add_metrics(spool, 1);
    std::int64_t now = 0;
    std::int64_t last = 0;
    for (int i = 0; i < 10; ++i) {
        (void)spool.next_batch(at(now));
        last = *spool.wake_at_ms() - now;
        now = *spool.wake_at_ms();
        spool.on_timer(now);
    }
    EXPECT_EQ(last, Spool::kAckTimeoutLongestMs);
}

TEST_F(SpoolTest, AnAcknowledgementOfRowsNeverMadeChangesNothing) {
    spool.resume({});
    add_metrics(spool, 2);
    EXPECT_FALSE(spool.acknowledge({3, 0}, 0));
    EXPECT_FALSE(spool.acknowledge({1, 1}, 0));
    EXPECT_EQ(spool.acknowledged(), (StreamHeads{0, 0}));
    EXPECT_TRUE(spool.holds(Stream::metrics, 1));
}

TEST_F(SpoolTest, AnOldAcknowledgementChangesNothing) {
    spool.resume({});
    add_metrics(spool, 3);
    (void)spool.next_batch(kNow);
    spool.acknowledge({3, 0}, 0);
    EXPECT_TRUE(spool.acknowledge({1, 0}, 0));
    EXPECT_EQ(spool.acknowledged(), (StreamHeads{3, 0}));
}

TEST_F(SpoolTest, WhenFullTheOldestMetricsGoAndAGapDeclaresThem) {
    Spool small(id, "boot", 10 * kRow);
    add_results(small, 2);
    add_metrics(small, 12);
    EXPECT_LE(small.bytes(), 10 * kRow);
    EXPECT_FALSE(small.holds(Stream::metrics, 4));
    EXPECT_TRUE(small.holds(Stream::metrics, 5));
    EXPECT_TRUE(small.holds(Stream::results, 1));
    EXPECT_EQ(small.dropped(), 4U);
    small.resume({});
    const auto results = small.next_batch(kNow);
    ASSERT_TRUE(results.has_value());
    const auto gaps = gaps_in(*results);
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].spool, id);
    EXPECT_EQ(gaps[0].stream, Stream::metrics);
    EXPECT_EQ(gaps[0].first, 1U);
    EXPECT_EQ(gaps[0].last, 4U);
    EXPECT_NE(gaps[0].reason, "");
    EXPECT_EQ(small.heads(), (StreamHeads{12, 3}));
    const auto metrics = small.next_batch(kNow);
    EXPECT_EQ(metrics->rows.front().seq, 5U);
    EXPECT_EQ(metrics->after.metrics, 0U);
}

TEST_F(SpoolTest, ResultsGoLastAndAreDeclaredToo) {
    Spool small(id, "boot", 10 * kRow);
    add_metrics(small, 5);
    add_results(small, 12);
    small.resume({});
    const auto gaps = gaps_in(*small.next_batch(kNow));
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_EQ(gaps[0], (GapBody{id, Stream::metrics, 1, 5, gaps[0].reason}));
    EXPECT_EQ(gaps[1], (GapBody{id, Stream::results, 1, 2, gaps[1].reason}));
}

/// Three rows are on the way, the first two of which had to make room.
struct DroppedOnTheWay : SpoolTest {
    DroppedOnTheWay() {
        full.resume({});
        add_metrics(full, 3);
        EXPECT_EQ(full.next_batch(kNow)->rows.size(), 3U);
        add_metrics(full, 2);
        EXPECT_FALSE(full.holds(Stream::metrics, 2));
        EXPECT_TRUE(full.holds(Stream::metrics, 3));
    }
    /// What is declared now.
    std::vector<GapBody> declared() {
        std::vector<GapBody> gaps;
        while (const auto batch = full.next_batch(kNow))
            for (const GapBody& gap : gaps_in(*batch)) gaps.push_back(gap);
        return gaps;
    }
    Spool full{id, "boot", 3 * kRow};
};

TEST_F(DroppedOnTheWay, RowsThatArriveAreNotDeclaredLost) {
    EXPECT_TRUE(declared().empty()) << "it is not known yet";
    full.acknowledge({3, 0}, 1'000);
    EXPECT_TRUE(declared().empty());
    full.acknowledge(full.heads(), 1'000);
    EXPECT_TRUE(full.empty());
}

TEST_F(DroppedOnTheWay, TheNextBatchStillStandsBehindThem) {
    Spool tiny(id, "boot", kRow);
    tiny.resume({});
    add_metrics(tiny, 1);
    (void)tiny.next_batch(kNow);
    add_metrics(tiny, 1);
    EXPECT_FALSE(tiny.holds(Stream::metrics, 1));
    EXPECT_EQ(tiny.next_batch(kNow)->after, (StreamHeads{1, 0})) << "or its ACK would prove nothing";
}

TEST_F(DroppedOnTheWay, WhatTheBrokerHadNotAtTheNextSessionIsDeclared) {
    full.suspend();
    full.resume({1, 0});
    const auto gaps = declared();
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0], (GapBody{id, Stream::metrics, 2, 2, gaps[0].reason}));
}

TEST_F(DroppedOnTheWay, RowsThatTheBrokerHadAtTheNextSessionAreNotDeclared) {
    full.suspend();
    full.resume({3, 0});
    EXPECT_TRUE(declared().empty());
}

TEST_F(DroppedOnTheWay, ATimeOutEndsTheWaiting) {
    full.on_timer(limits::kAckTimeoutMs + 1'000);
    const auto gaps = declared();
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0], (GapBody{id, Stream::metrics, 1, 2, gaps[0].reason}));
}

TEST_F(DroppedOnTheWay, RowsThatWereNeverSentAreDeclaredWhateverIsAcknowledged) {
    add_metrics(full, 3);
    EXPECT_FALSE(full.holds(Stream::metrics, 5)) << "4 and 5 were not sent";
    const auto gaps = declared();
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0], (GapBody{id, Stream::metrics, 4, 5, gaps[0].reason}));
    full.acknowledge({3, 0}, 1'000);
    EXPECT_TRUE(declared().empty());
}

TEST_F(SpoolTest, AGapRowThatMustBeDroppedIsDeclaredAgain) {
    Spool small(id, "boot", 10 * kRow);
    add_metrics(small, 12);
    small.resume({});
    ASSERT_EQ(gaps_in(*small.next_batch(kNow)).size(), 1U);
    small.suspend();
    add_results(small, 30);  // pushes out metrics, then the GAP row (results 1), then results
    EXPECT_FALSE(small.holds(Stream::results, 1));
    small.resume({});
    const auto gaps = gaps_in(*small.next_batch(kNow));
    ASSERT_EQ(gaps.size(), 2U);
    EXPECT_EQ(gaps[0].stream, Stream::metrics);
    EXPECT_EQ(gaps[0].first, 1U);
    EXPECT_EQ(gaps[0].last, 12U);
    EXPECT_EQ(gaps[1].stream, Stream::results);
    EXPECT_EQ(gaps[1].first, 1U);
}

TEST_F(SpoolTest, RowsThatArrivedBeforeTheyWereDroppedAreNotDeclaredLost) {
    Spool small(id, "boot", 10 * kRow);
    small.resume({});
    add_metrics(small, 6);
    (void)small.next_batch(kNow);  // arrives; its ACK is lost with the connection
    small.suspend();
    add_metrics(small, 12);  // 1 to 8 go
    small.resume({6, 0});
    const auto gaps = gaps_in(*small.next_batch(kNow));
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].first, 7U);
    EXPECT_EQ(gaps[0].last, 8U);
}

TEST_F(SpoolTest, ABrokerThatLostItsJournalGetsAGapForWhatItHadAcknowledged) {
    spool.resume({});
    add_metrics(spool, 5);
    (void)spool.next_batch(kNow);
    spool.acknowledge({5, 0}, 0);
    spool.suspend();
    add_metrics(spool, 1);
    spool.resume({});
    const auto gaps = gaps_in(*spool.next_batch(kNow));
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].first, 1U);
    EXPECT_EQ(gaps[0].last, 5U);
    const auto metrics = spool.next_batch(kNow);
    EXPECT_EQ(metrics->after.metrics, 0U);
    EXPECT_EQ(metrics->rows.front().seq, 6U);
}

TEST_F(SpoolTest, MemoryStaysBoundedThroughAWeekOffline) {
    Spool small(id, "boot", limits::kSpoolBytes);
    for (int i = 0; i < 7 * 8'640; ++i) small.add(Stream::metrics, RowKind::metrics, kNow, Bytes(900));
    EXPECT_LE(small.bytes(), limits::kSpoolBytes);
    EXPECT_EQ(small.heads().metrics, 7U * 8'640);
    small.resume({});
    EXPECT_EQ(gaps_in(*small.next_batch(kNow)).size(), 1U);
}

}  // namespace
}  // namespace pncp::agent
