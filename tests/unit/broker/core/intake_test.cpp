// Rows of agents: acknowledged after commit, published after commit, each exactly once.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

std::optional<Ack> last_ack(const Peer& peer) {
    for (auto at = peer.inbox.rbegin(); at != peer.inbox.rend(); ++at)
        if (at->first == FrameType::ack) return decode<Ack>(at->second);
    return std::nullopt;
}

TEST(Intake, RowsAreAcknowledgedAndPublishedOnlyAfterTheCommit) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.journal_waits = true;
    bench.published.clear();
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1), Bench::metrics_row(2)}));
    EXPECT_FALSE(bench.waiting_commit) << "metrics alone wait for company";
    bench.pass(limits::kGroupWaitMs);
    ASSERT_TRUE(bench.waiting_commit);
    bench.pass(BrokerCore::kAckDelayMs);
    EXPECT_FALSE(last_ack(pi));
    bench.commit(*bench.waiting_commit);
    bench.perform();
    bench.pass(BrokerCore::kAckDelayMs);
    ASSERT_TRUE(last_ack(pi));
    EXPECT_EQ(last_ack(pi)->heads.metrics, 2U);
    EXPECT_EQ(std::count_if(bench.published.begin(), bench.published.end(),
                            [](const auto& one) { return one.first == "metrics/pi-1/"; }),
              2);
}

std::size_t acks(const Peer& peer) {
    return static_cast<std::size_t>(std::count_if(
        peer.inbox.begin(), peer.inbox.end(), [](const auto& one) { return one.first == FrameType::ack; }));
}

/// The agent's first row is durable, its second on the way to the journal, which waits.
Peer& with_two_rows(Bench& bench) {
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.pass(limits::kGroupWaitMs);
    bench.journal_waits = true;
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 1, {Bench::metrics_row(2)}));
    bench.pass(limits::kGroupWaitMs - 1);
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    return pi;
}

TEST(Intake, OneAckTellsOfAllThatIsCommittedSoonAfter) {
    Bench bench;
    const Peer& pi = with_two_rows(bench);
    bench.pass(1);
    ASSERT_TRUE(bench.waiting_commit) << "the second row's";
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    EXPECT_EQ(acks(pi), 0U);
    bench.pass(BrokerCore::kAckDelayMs);
    EXPECT_EQ(acks(pi), 1U);
    EXPECT_EQ(last_ack(pi)->heads.metrics, 2U);
    bench.pass(10 * BrokerCore::kAckDelayMs);
    EXPECT_EQ(acks(pi), 1U);
}

TEST(Intake, WhatIsDurableIsAcknowledgedBeforeTheBrokerStops) {
    Bench bench;
    const Peer& pi = with_two_rows(bench);
    EXPECT_EQ(acks(pi), 0U);
    bench.core->on_stop(bench.now);
    bench.perform();
    EXPECT_EQ(last_ack(pi)->heads.metrics, 1U);
}

TEST(Intake, AnAgentThatSendsOnIsNotLeftWithoutAnAckForLong) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.pass(limits::kGroupWaitMs);
    bench.journal_waits = true;
    std::vector<Row> rows;
    for (std::uint64_t seq = 1; seq <= limits::kBatchesInFlight / 2; ++seq)
        rows.push_back(Bench::metrics_row(seq));
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, rows));
    bench.pass(limits::kGroupWaitMs);
    bench.send(pi, FrameType::batch, Bench::batch(pi, rows.size(), {Bench::metrics_row(rows.size() + 1)}));
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    EXPECT_EQ(last_ack(pi)->heads.metrics, rows.size());
}

TEST(Intake, WhatIsDurableIsAcknowledgedWhenTheRowsBehindItCouldNotBeKept) {
    Bench bench;
    const Peer& pi = with_two_rows(bench);
    EXPECT_EQ(acks(pi), 0U);
    bench.journal_fails = true;
    bench.pass(limits::kGroupWaitMs);
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    bench.pass(BrokerCore::kAckDelayMs);
    ASSERT_TRUE(last_ack(pi));
    EXPECT_EQ(last_ack(pi)->heads.metrics, 1U);
}

TEST(Intake, ReadyOfANewSpoolWaitsUntilTheBrokerCannotForgetIt) {
    Bench bench;
    bench.journal_waits = true;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_TRUE(ada.ready) << "operators have no spool";
    ASSERT_TRUE(bench.waiting_commit);
    EXPECT_FALSE(pi.ready);
    bench.journal_fails = true;
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    EXPECT_FALSE(pi.ready);
    bench.journal_fails = false;
    bench.pass(2'000);
    ASSERT_TRUE(bench.waiting_commit) << "it is tried again";
    bench.commit(*std::exchange(bench.waiting_commit, {}));
    bench.perform();
    EXPECT_TRUE(pi.ready);
    // The same spool is known now: a session is not held up by the journal.
    Peer& again = bench.connect(Role::agent, "pi-1", "b");
    EXPECT_TRUE(again.ready);
}

TEST(Intake, ACommandForADeviceThatWaitsForReadyFollowsBehindIt) {
    Bench bench;
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    bench.pass(limits::kGroupWaitMs);
    bench.journal_waits = true;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(ada, FrameType::request, Request(SendRequest{{{42}}, "pi-1", "lslogs", {}, 0, "tester"}));
    EXPECT_FALSE(pi.ready);
    while (bench.waiting_commit) {
        bench.commit(*std::exchange(bench.waiting_commit, {}));
        bench.perform();
    }
    ASSERT_TRUE(pi.ready);
    EXPECT_EQ(std::count_if(pi.inbox.begin(), pi.inbox.end(),
                            [](const auto& one) { return one.first == FrameType::command; }),
              1);
}

TEST(Intake, HandshakesWaitForCompanyUnlessTheyDecideWhatIsLost) {
    Bench bench;
    bench.journal_waits = true;
    bench.connect(Role::operator_, "local", "o");
    EXPECT_FALSE(bench.waiting_commit);
    bench.connect(Role::agent, "pi-1", "a");
    EXPECT_TRUE(bench.waiting_commit) << "its spool is new";
}

TEST(Intake, AResentBatchIsAcknowledgedAgainAndStoredOnce) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    for (int i = 0; i < 3; ++i) {
        bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
        bench.pass(limits::kGroupWaitMs);
    }
    EXPECT_EQ(bench.stored(EventKind::metrics).size(), 1U);
    ASSERT_TRUE(last_ack(pi));
    EXPECT_EQ(last_ack(pi)->heads.metrics, 1U);
}

TEST(Intake, ABatchBehindALostOneIsNotTaken) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi, FrameType::batch, Bench::batch(pi, 1, {Bench::metrics_row(2)}));
    bench.pass(limits::kGroupWaitMs);
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    EXPECT_EQ(last_ack(pi)->heads.metrics, 0U);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1), Bench::metrics_row(2)}));
    bench.pass(limits::kGroupWaitMs);
    EXPECT_EQ(bench.stored(EventKind::metrics).size(), 2U);
}

TEST(Intake, AFailedCommitAcknowledgesNothingAndTheRowsAreTakenAgain) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.journal_fails = true;
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    EXPECT_FALSE(last_ack(pi));
    bench.journal_fails = false;
    bench.pass(2'000);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    bench.pass(BrokerCore::kAckDelayMs);
    ASSERT_TRUE(last_ack(pi));
    EXPECT_EQ(last_ack(pi)->heads.metrics, 1U);
    EXPECT_EQ(bench.stored(EventKind::metrics).size(), 1U);
}

TEST(Intake, RowsQueuedBehindAFailedCommitAreNotTakenAhead) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.journal_waits = true;
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    ASSERT_TRUE(bench.waiting_commit);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 1, {Bench::metrics_row(2)}));
    bench.journal_fails = true;
    bench.commit(*bench.waiting_commit);
    bench.journal_fails = bench.journal_waits = false;
    bench.pass(2'000);
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty()) << "row 2 without row 1 would be a silent loss";
}

TEST(Intake, ABodyThatIsNoMetricsIsRefusedAndCounted) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Row row = Bench::metrics_row(1);
    row.body = {0xC1};
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {row}));
    bench.pass(1'000);
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    ASSERT_EQ(bench.stored(EventKind::security).size(), 1U);
    EXPECT_EQ(decode<SecurityBody>(bench.stored(EventKind::security)[0].body)->refusal, "payload");
}

TEST(Intake, ASpoolThatWasLostIsDeclared) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {Bench::metrics_row(1)}));
    bench.pass(limits::kGroupWaitMs);
    bench.connect(Role::agent, "pi-1", "b", {{2}});
    const auto gaps = bench.stored(EventKind::gap);
    ASSERT_EQ(gaps.size(), 2U) << "one a stream";
    const auto gap = decode<GapBody>(gaps[0].body);
    EXPECT_EQ(gap->first, 2U);
    EXPECT_EQ(gap->reason, "spool lost");
}

TEST(Intake, AGoodbyeWithAnEmptySpoolIsNoLoss) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.send(pi, FrameType::bye, Bye{"stopped", true});
    bench.connect(Role::agent, "pi-1", "b", {{2}});
    EXPECT_TRUE(bench.stored(EventKind::gap).empty());
}

TEST(RowTime, IsTheRowsOwnWhenItsClockWasSetElseReceiptMinusAge) {
    const Now now{0, 1'700'000'000'000'000};
    Batch batch;
    batch.sent_boot_ms = 50'000;
    Row row;
    row.boot_ms = 20'000;
    row.wall_us = 1'699'999'000'000'000;
    row.clock_synced = true;
    EXPECT_EQ(row_time_us(row, batch, now), row.wall_us);
    row.clock_synced = false;
    EXPECT_EQ(row_time_us(row, batch, now), now.wall_us - 30'000'000);
    row.wall_us = 0;
    row.clock_synced = true;
    EXPECT_EQ(row_time_us(row, batch, now), now.wall_us - 30'000'000) << "1970 is never believed";
    row.wall_us = INT64_MAX;
    EXPECT_EQ(row_time_us(row, batch, now), now.wall_us - 30'000'000) << "nor the far future";
    batch.sent_boot_ms = 0;
    EXPECT_EQ(row_time_us(row, batch, now), now.wall_us) << "unknown age: the receipt";
    row.boot_ms = INT64_MIN;
    batch.sent_boot_ms = INT64_MAX;
    EXPECT_EQ(row_time_us(row, batch, now), now.wall_us);
}

}  // namespace
}  // namespace pncp::broker
