#include "agent/core/agent_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/agent/core/bench.hpp"

namespace pncp::agent {
namespace {

using testing::Bench;
using testing::id16;

TEST(AgentSession, AFreshAgentGreetsProvesItselfAndDeliversItsFirstSample) {
    Bench bench;
    bench.start();
    EXPECT_TRUE(bench.core.in_session());
    ASSERT_EQ(bench.broker.hellos.size(), 1U);
    EXPECT_EQ(bench.broker.hellos[0].spool, bench.config.spool);
    EXPECT_EQ(bench.broker.hellos[0].version, "test");
    EXPECT_EQ(bench.broker.count(Stream::metrics, 1), 1U);
    EXPECT_TRUE(bench.core.spool().empty());
}

TEST(AgentSession, AClockThatSays1970KeepsNothingOut) {
    Bench bench;
    bench.start();
    bench.pass(60'000);
    EXPECT_EQ(bench.broker.hellos[0].wall_us, 0);
    EXPECT_FALSE(bench.broker.hellos[0].clock_synced);
    ASSERT_FALSE(bench.broker.rows.empty());
    EXPECT_FALSE(bench.broker.rows.back().clock_synced);
    EXPECT_GT(bench.broker.rows.back().boot_ms, 0);
}

TEST(AgentSession, TheCatalogueIsSentOnlyWhenTheBrokerHoldsAnother) {
    Bench bench;
    bench.start();
    ASSERT_EQ(bench.broker.catalogues.size(), 1U);
    EXPECT_EQ(bench.broker.catalogues[0].entries, bench.config.catalogue);
    EXPECT_EQ(bench.broker.catalogues[0].hash, catalogue_hash(bench.config.catalogue));
    bench.cut();
    bench.pass(60'000);
    EXPECT_EQ(bench.broker.hellos.size(), 2U);
    EXPECT_EQ(bench.broker.catalogues.size(), 1U);
}

TEST(AgentSession, EveryHelloHasAFreshNonce) {
    Bench bench;
    bench.broker.mute = true;
    bench.start();
    bench.pass(4'999);
    EXPECT_EQ(bench.sent.size(), 1U);
    bench.pass(1);
    ASSERT_EQ(bench.sent.size(), 2U);
    EXPECT_NE(bench.sent[0], bench.sent[1]);
    EXPECT_EQ(bench.closed, 0U);
    bench.pass(5'000);
    EXPECT_EQ(bench.closed, 1U);
    EXPECT_EQ(bench.logged("does not answer the greeting of agent/pi-1/1"), 1U);
}

TEST(AgentSession, AnAbsentBrokerIsToldOnceAndTriedWithGrowingPauses) {
    Bench bench;
    bench.reachable = false;
    bench.start();
    std::vector<std::int64_t> pauses;
    for (int i = 0; i < 40; ++i) {
        const std::int64_t failed = bench.now.boot_ms;
        bench.perform(bench.core.on_connection(ConnectionEvent::unreachable, bench.now, bench.nonce()));
        EXPECT_FALSE(bench.open);
        while (!bench.open) bench.pass(1);
        pauses.push_back(bench.now.boot_ms - failed);
    }
    EXPECT_LE(pauses[0], 501);
    EXPECT_LE(*std::max_element(pauses.begin(), pauses.begin() + 3), 2'001);
    EXPECT_GT(*std::max_element(pauses.begin() + 6, pauses.end()), 15'000);
    EXPECT_LE(*std::max_element(pauses.begin(), pauses.end()), 30'001);
    EXPECT_EQ(bench.logs.size(), 1U);
    EXPECT_EQ(bench.logged("cannot reach the broker at tcp://controller:17471; retrying with growing pauses"),
              1U);
    bench.perform(bench.core.on_connection(ConnectionEvent::connected, bench.now, bench.nonce()));
    EXPECT_EQ(bench.logged("back in session"), 1U);
    EXPECT_TRUE(bench.core.spool().empty());
}

TEST(AgentSession, AnAttemptWithoutAnyResultIsGivenUp) {
    Bench bench;
    bench.reachable = false;
    bench.start();
    bench.pass(Link::kConnectTimeoutMs + Backoff::kFirstMs);
    EXPECT_EQ(bench.opened_ms.size(), 2U);
}

TEST(AgentSession, ARefusedKeyIsExplained) {
    Bench bench;
    bench.reachable = false;
    bench.start();
    bench.perform(bench.core.on_connection(ConnectionEvent::refused_key, bench.now, bench.nonce()));
    EXPECT_EQ(bench.logged("does not accept the key of agent/pi-1/1"), 1U);
    EXPECT_EQ(bench.logged("pncp-cli enroll --again pi-1"), 1U);
}

TEST(AgentSession, AWrongBrokerIsExplainedOnceItHappensTwice) {
    Bench bench;
    bench.reachable = false;
    bench.start();
    bench.perform(bench.core.on_connection(ConnectionEvent::wrong_broker, bench.now, bench.nonce()));
    EXPECT_TRUE(bench.logs.empty());
    bench.pass(1'000);
    bench.perform(bench.core.on_connection(ConnectionEvent::wrong_broker, bench.now, bench.nonce()));
    EXPECT_EQ(bench.logged("not the broker that issued this key file"), 1U);
}

TEST(AgentSession, NoSessionBringsAFreshSocketAndANewHello) {
    Bench bench;
    bench.start();
    bench.broker.restart();
    bench.pass(11'000);  // the next sample meets a broker that does not know the session
    EXPECT_EQ(bench.logged("ended the session (unknown session)"), 1U);
    bench.pass(1'000);
    EXPECT_EQ(bench.opened_ms.size(), 2U);
    EXPECT_TRUE(bench.core.in_session());
    for (std::uint64_t seq = 1; seq <= bench.core.spool().heads().metrics; ++seq)
        EXPECT_EQ(bench.broker.count(Stream::metrics, seq), 1U);
}

TEST(AgentSession, TwoDevicesWithOneKeyDoNotFightTwiceASecond) {
    Bench bench;
    bench.start();
    for (int i = 0; i < 12; ++i) {  // another one takes the session over as soon as it is there
        bench.cut();
        while (!bench.open) bench.pass(1);
    }
    const auto& opened = bench.opened_ms;
    EXPECT_GT(opened.back() - opened.front(), 30'000);
}

TEST(AgentSession, ASilentBrokerIsLeftForAFreshSocket) {
    Bench bench;
    bench.start();
    bench.broker.mute = true;
    bench.pass(limits::kBrokerSilentMs - 1);
    EXPECT_EQ(bench.closed, 0U);
    bench.pass(1);
    EXPECT_EQ(bench.closed, 1U);
    EXPECT_EQ(bench.logged("heard nothing from the broker"), 1U);
}

TEST(AgentSession, HeartbeatsGoOutOnlyWhenThereIsNothingElseToSay) {
    Bench busy;
    busy.start();
    busy.pass(300'000);
    EXPECT_EQ(busy.broker.heartbeats, 0U);

    auto config = testing::test_config(testing::FakeBroker{});
    config.sample_interval_ms = 3'600'000;
    Bench idle(config);
    idle.start();
    idle.pass(200'000);
    EXPECT_EQ(idle.broker.heartbeats, 10U);
    EXPECT_TRUE(idle.core.in_session());
}

TEST(AgentSession, ABrokerThatOnlyHoldsUpMetricsIsNotTakenForDead) {
    Bench bench;
    bench.start();
    bench.broker.take_metrics = false;
    bench.pass(600'000);
    EXPECT_EQ(bench.closed, 0U);
    bench.send_command(1, "hostname");
    bench.finish(1, "pi-1\n");
    EXPECT_EQ(bench.broker.results.size(), 1U);
    bench.broker.take_metrics = true;
    bench.pass(120'000);
    for (std::uint64_t seq = 1; seq <= bench.core.spool().heads().metrics; ++seq)
        EXPECT_EQ(bench.broker.count(Stream::metrics, seq), 1U);
}

TEST(AgentSession, OneWakeUpPerSampleWhenIdle) {
    Bench bench;
    bench.start();
    bench.pass(30'000);
    const auto before = bench.samples;
    std::size_t wake_ups = 0;
    const std::int64_t until = bench.now.boot_ms + 600'000;
    while (bench.core.wake_at_ms() <= until) {
        bench.now.boot_ms = bench.core.wake_at_ms();
        bench.perform(bench.core.on_timer(bench.now, bench.nonce()));
        ++wake_ups;
    }
    EXPECT_EQ(wake_ups, bench.samples - before);
}

TEST(AgentSession, HostileFramesAreCountedByNameAndLoggedOnceAMinute) {
    Bench bench;
    bench.start();
    const auto lines = bench.logs.size();
    for (int i = 0; i < 100; ++i) {
        bench.perform(bench.core.on_frame(view("PNC1"), bench.now));
        Bytes altered = bench.broker.command(id16(1), bench.config.spool, "hostname");
        altered.back() ^= 1U;
        bench.perform(bench.core.on_frame(altered, bench.now));
    }
    EXPECT_EQ(bench.core.refused(Refusal::length), 100U);
    EXPECT_EQ(bench.core.refused(Refusal::tag), 100U);
    EXPECT_TRUE(bench.runs.empty());
    EXPECT_EQ(bench.logs.size(), lines + 1);
    EXPECT_TRUE(bench.core.in_session());
}

TEST(AgentSession, AnAcknowledgementOfRowsNeverMadeIsRefused) {
    Bench bench;
    bench.start();
    const Bytes ack = bench.broker.session->seal(FrameType::ack, Ack{bench.config.spool, {1'000, 1'000}});
    bench.perform(bench.core.on_frame(ack, bench.now));
    EXPECT_EQ(bench.core.refused(Refusal::payload), 1U);
}

TEST(AgentStop, ByeSaysThatAllWasAcknowledged) {
    Bench bench;
    bench.start();
    bench.perform(bench.core.stop(bench.now, "stopped by SIGTERM"));
    ASSERT_EQ(bench.broker.byes.size(), 1U);
    EXPECT_TRUE(bench.broker.byes[0].all_acknowledged);
    EXPECT_EQ(bench.broker.byes[0].reason, "stopped by SIGTERM");
    EXPECT_TRUE(bench.core.stopped());
    EXPECT_FALSE(bench.open);
}

TEST(AgentStop, ByeWaitsASecondForAcknowledgementsAndThenTellsTheTruth) {
    Bench bench;
    bench.broker.acknowledge = false;
    bench.start();
    bench.perform(bench.core.stop(bench.now, "stopped"));
    EXPECT_FALSE(bench.core.stopped());
    bench.pass(AgentCore::kStopMs);
    EXPECT_TRUE(bench.core.stopped());
    ASSERT_EQ(bench.broker.byes.size(), 1U);
    EXPECT_FALSE(bench.broker.byes[0].all_acknowledged);
}

TEST(AgentStop, WithoutASessionItStopsAtOnce) {
    Bench bench;
    bench.reachable = false;
    bench.start();
    bench.perform(bench.core.stop(bench.now, "stopped"));
    EXPECT_TRUE(bench.core.stopped());
    EXPECT_FALSE(bench.open);
}

TEST(AgentCommands, ACommandRunsAndItsResultIsCommitted) {
    Bench bench;
    bench.start();
    bench.send_command(1, "hostname");
    ASSERT_EQ(bench.runs.size(), 1U);
    EXPECT_EQ(bench.runs[0].name, "hostname");
    EXPECT_EQ(bench.runs[0].timeout_ms, 1'000);
    ASSERT_EQ(bench.broker.command_acks.size(), 1U);
    EXPECT_EQ(bench.broker.command_acks[0].state, CommandState::running);
    bench.finish(1, "pi-1\n");
    ASSERT_EQ(bench.broker.results.size(), 1U);
    EXPECT_EQ(text_view(bench.broker.results[0].out), "pi-1\n");
    EXPECT_EQ(bench.broker.results[0].outcome, Outcome::finished);
}

TEST(AgentCommands, AnIdSeenAgainIsKnownAndNeverRunsTwice) {
    Bench bench;
    bench.start();
    bench.send_command(1, "hostname");
    bench.send_command(1, "hostname");
    bench.finish(1, "pi-1\n");
    EXPECT_EQ(bench.broker.results.size(), 1U);
    bench.send_command(1, "hostname");
    EXPECT_EQ(bench.runs.size(), 1U);
    EXPECT_EQ(bench.broker.command_acks[1].state, CommandState::known);
    EXPECT_EQ(bench.broker.command_acks[2].state, CommandState::known);
    // Its row had been acknowledged and released, so the stored result goes out again.
    ASSERT_EQ(bench.broker.results.size(), 2U);
    EXPECT_EQ(bench.broker.results[1], bench.broker.results[0]);
}

TEST(AgentCommands, AResultStillOnItsWayIsNotSpooledAgain) {
    Bench bench;
    bench.start();
    bench.broker.acknowledge = false;
    bench.send_command(1, "hostname");
    bench.finish(1, "pi-1\n");
    bench.send_command(1, "hostname");
    EXPECT_EQ(bench.core.spool().heads().results, 1U);
}

TEST(AgentCommands, ACommandForAnotherSpoolNeverRuns) {
    Bench bench;
    bench.start();
    bench.perform(bench.core.on_frame(bench.broker.command(id16(1), id16(99), "hostname"), bench.now));
    EXPECT_TRUE(bench.runs.empty());
    ASSERT_EQ(bench.broker.command_acks.size(), 1U);
    EXPECT_EQ(bench.broker.command_acks[0].state, CommandState::refused);
    EXPECT_NE(bench.broker.command_acks[0].reason.find("another spool"), std::string::npos);
}

TEST(AgentCommands, AnUnknownCommandIsRefusedByNamingTheKnownOnes) {
    Bench bench;
    bench.start();
    bench.send_command(1, "rm");
    EXPECT_TRUE(bench.runs.empty());
    ASSERT_EQ(bench.broker.results.size(), 1U);
    EXPECT_EQ(bench.broker.results[0].outcome, Outcome::refused);
    EXPECT_EQ(bench.broker.results[0].reason, "not a command of this device; it knows hostname, uptime");
}

TEST(AgentCommands, ArgumentsPastTheLimitsAreRefused) {
    Bench bench;
    bench.start();
    const std::vector<std::string> many(limits::kCommandArguments + 1, "x");
    const std::vector<std::string> long_one{std::string(limits::kArgumentBytes + 1, 'x')};
    bench.perform(
        bench.core.on_frame(bench.broker.command(id16(1), bench.config.spool, "uptime", many), bench.now));
    bench.perform(bench.core.on_frame(bench.broker.command(id16(2), bench.config.spool, "uptime", long_one),
                                      bench.now));
    EXPECT_TRUE(bench.runs.empty());
    EXPECT_EQ(bench.broker.results.size(), 2U);
}

TEST(AgentCommands, TwoRunSixteenWaitAndTheNextIsRefused) {
    Bench bench;
    bench.start();
    for (std::uint64_t i = 1; i <= 19; ++i) bench.send_command(i, "hostname");
    EXPECT_EQ(bench.runs.size(), 2U);
    const auto& acks = bench.broker.command_acks;
    EXPECT_EQ(std::count_if(acks.begin(), acks.end(),
                            [](const auto& a) { return a.state == CommandState::queued; }),
              16);
    EXPECT_EQ(acks.back().state, CommandState::refused);
    EXPECT_NE(acks.back().reason, "");
    for (std::uint64_t i = 1; i <= 18; ++i) bench.finish(i, "x");
    EXPECT_EQ(bench.runs.size(), 18U);
    EXPECT_EQ(bench.runs.back().command, id16(18));
    EXPECT_EQ(bench.broker.results.size(), 18U);
}

TEST(AgentCommands, WhatIsAnsweredOnTheSpotWaitsForNoPlace) {
    AgentConfig config = testing::test_config(testing::FakeBroker{});
    config.at_once = {"uptime"};
    Bench bench(config);
    bench.start();
    for (std::uint64_t i = 1; i <= 3; ++i) bench.send_command(i, "hostname");
    bench.send_command(4, "uptime");
    ASSERT_EQ(bench.runs.size(), 3U);
    EXPECT_EQ(bench.runs.back().name, "uptime");
    // Its RESULT says soon enough that it was begun.
    EXPECT_EQ(bench.broker.command_acks.size(), 3U);
}

TEST(AgentCommands, WhatWaitsWhenTheAgentStopsIsRefusedNotLost) {
    Bench bench;
    bench.start();
    for (std::uint64_t i = 1; i <= 3; ++i) bench.send_command(i, "hostname");
    bench.perform(bench.core.stop(bench.now, "stopped"));
    ASSERT_EQ(bench.broker.results.size(), 1U);
    EXPECT_EQ(bench.broker.results[0].outcome, Outcome::refused);
    bench.send_command(4, "hostname");
    EXPECT_EQ(bench.broker.command_acks.back().state, CommandState::refused);
    bench.finish(1, "a");
    bench.finish(2, "b");
    EXPECT_EQ(bench.runs.size(), 2U);
    EXPECT_TRUE(bench.core.stopped());
    EXPECT_TRUE(bench.broker.byes.at(0).all_acknowledged);
}

TEST(AgentCommands, AResultOfACommandNeverHandedOutIsIgnored) {
    Bench bench;
    bench.start();
    bench.finish(1, "x");
    EXPECT_EQ(bench.core.spool().heads().results, 0U);
}

TEST(AgentCommands, ALargeOutputArrivesInOrderBeforeItsResult) {
    Bench bench;
    bench.start();
    bench.send_command(1, "hostname");
    std::string output;
    for (int i = 0; i < 50'000; ++i) output += static_cast<char>('a' + i % 26);
    bench.finish(1, output);
    ASSERT_EQ(bench.broker.results.size(), 1U);
    EXPECT_EQ(bench.broker.outputs[id16(1)] + std::string(text_view(bench.broker.results[0].out)), output);
}

}  // namespace
}  // namespace pncp::agent
