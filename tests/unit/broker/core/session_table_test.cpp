// Who gets a session, who keeps it, and what an attacker's frames come to.
#include "tests/unit/broker/core/bench.hpp"

namespace pncp::broker {
namespace {

std::uint64_t status_value(Bench& bench, Peer& ada, const std::string& name) {
    for (const auto& row : bench.ask<StatusReply>(ada, StatusRequest{}).rows)
        if (row.name == name) return std::stoull(row.value);
    ADD_FAILURE() << "no status row " << name;
    return 0;
}

TEST(Sessions, APiIn1970GetsInAtOnceAndItsOffsetIsShown) {
    Bench bench;
    bench.devices_wall_us = 5'000'000;
    EXPECT_TRUE(bench.connect(Role::agent, "pi-1", "a").ready);
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    const auto row = bench.ask<AgentsReply>(ada, AgentsRequest{}).rows[0];
    EXPECT_EQ(row.state, "online");
    EXPECT_EQ(row.clock_offset_us, 5'000'000 - bench.now.wall_us);
}

TEST(Sessions, ANewerProvenSessionRetiresTheOlder) {
    Bench bench;
    Peer& old = bench.connect(Role::agent, "pi-1", "a");
    Peer& fresh = bench.connect(Role::agent, "pi-1", "b");
    EXPECT_TRUE(fresh.ready);
    bench.send(old, FrameType::heartbeat, Heartbeat{});
    EXPECT_TRUE(old.lost) << "answered by NO_SESSION";
    bench.send(fresh, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(fresh.inbox.back().first, FrameType::heartbeat);
}

TEST(Sessions, AConnectionOfOneAgentCannotSpeakForAnother) {
    Bench bench;
    Peer thief(*bench.directory.newest(Role::agent, "pi-2"), bench.directory.broker_id(), "t");
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    // The thief holds pi-2's session key, but CURVE proved the connection to be pi-1's.
    thief.address = pi.address;
    thief.identity = pi.identity;
    Hello hello;
    hello.na = nonce(5);
    bench.deliver(thief, thief.session.hello(hello));
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(status_value(bench, ada, "refused.wrong_connection"), 1U);
}

TEST(Sessions, AProvenSessionIsBoundToItsConnection) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const Bytes frame = pi.session.seal(FrameType::heartbeat, Heartbeat{});
    Peer elsewhere(*bench.directory.newest(Role::agent, "pi-1"), bench.directory.broker_id(), "z");
    const std::size_t before = pi.inbox.size();
    bench.deliver(elsewhere, frame);
    EXPECT_EQ(pi.inbox.size(), before) << "not even the honest peer hears of it";
}

TEST(Sessions, RevokedAndUnknownPeersGetNoAnswer) {
    Bench bench;
    ASSERT_TRUE(bench.directory.revoke(Role::agent, "pi-2").ok());
    EXPECT_FALSE(bench.connect(Role::agent, "pi-2", "b").ready);
    const PeerEntry stranger{{Role::agent, "pi-9", 1}, nonce(9), {}};
    Peer unknown(stranger, bench.directory.broker_id(), "u");
    bench.deliver(unknown, unknown.session.hello(Hello{}));
    EXPECT_FALSE(unknown.ready);
}

TEST(Sessions, AnOldGenerationIsRefused) {
    Bench bench;
    const PeerEntry old = *bench.directory.newest(Role::agent, "pi-1");
    ASSERT_TRUE(bench.directory.revoke(Role::agent, "pi-1").ok());
    ASSERT_TRUE(bench.directory.issue(Role::agent, "pi-1").ok());
    Peer stale(old, bench.directory.broker_id(), "s");
    bench.deliver(stale, stale.session.hello(Hello{}));
    EXPECT_FALSE(stale.ready);
    EXPECT_TRUE(bench.connect(Role::agent, "pi-1", "n").ready);
}

TEST(Sessions, PendingHandshakesAreBoundedPerIdAndInAll) {
    Bench bench;
    std::vector<std::unique_ptr<Peer>> flood;
    for (int i = 0; i < 3'000; ++i) {
        const char* ids[] = {"pi-1", "pi-2", "pi-3"};
        flood.push_back(std::make_unique<Peer>(*bench.directory.newest(Role::agent, ids[i % 3]),
                                               bench.directory.broker_id(), "f" + std::to_string(i)));
        bench.deliver(*flood.back(), flood.back()->session.hello(Hello{}));
    }
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(status_value(bench, ada, "sessions.pending"), 3 * limits::kPendingHandshakesPerId);
    bench.pass(limits::kHandshakeTimeoutMs + 1'000);
    EXPECT_EQ(status_value(bench, ada, "sessions.pending"), 0U);
    EXPECT_TRUE(bench.connect(Role::agent, "pi-1", "honest").ready);
}

TEST(Sessions, ABadConnectionIsIgnoredForAWhileAndNoOtherIs) {
    Bench bench;
    Peer& bad = bench.connect(Role::agent, "pi-1", "a");
    Peer& good = bench.connect(Role::agent, "pi-2", "b");
    for (std::uint32_t i = 0; i < limits::kBadFramesPerMinute; ++i) bench.deliver(bad, Bytes(100, 0));
    bench.handshake(bad);
    EXPECT_FALSE(bad.session.ready());
    bench.send(good, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(good.inbox.back().first, FrameType::heartbeat);
    bench.pass(limits::kIgnoreMs + 1);
    bench.handshake(bad);
    EXPECT_TRUE(bad.session.ready());
}

TEST(Sessions, OperatorsHaveUpToSixteen) {
    Bench bench;
    for (std::size_t i = 0; i < limits::kSessionsPerOperator + 4; ++i)
        EXPECT_TRUE(bench.connect(Role::operator_, "ada", "o" + std::to_string(i)).ready);
    Peer& last = *bench.peers.back();
    EXPECT_EQ(status_value(bench, last, "sessions.proven"), limits::kSessionsPerOperator);
}

TEST(Sessions, AnAgentOnTheControlPortIsRefused) {
    Bench bench;
    Peer pi(*bench.directory.newest(Role::agent, "pi-1"), bench.directory.broker_id(), "c");
    pi.address.port = Port::control;
    bench.deliver(pi, pi.session.hello(Hello{}));
    Peer& ada = bench.connect(Role::operator_, "ada", "o");
    EXPECT_EQ(status_value(bench, ada, "refused.direction"), 1U);
}

TEST(Sessions, SilenceEndsInDisconnectedDatedWhenItBegan) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    const std::int64_t heard_us = bench.now.wall_us;
    bench.pass(limits::kOfflineMs + 5'000);
    const auto statuses = bench.stored(EventKind::status);
    ASSERT_EQ(statuses.size(), 2U);
    EXPECT_FALSE(decode<StatusBody>(statuses[1].body)->connected);
    EXPECT_EQ(statuses[1].time_ns / 1'000'000, heard_us / 1'000);
}

TEST(Sessions, ADeviceThatStaysIsSaidToBeConnectedOnceADay) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const auto stay = [&](std::int64_t minutes) {
        for (std::int64_t i = 0; i < minutes; ++i) {
            bench.send(pi, FrameType::heartbeat, Heartbeat{bench.now.wall_us, false});
            bench.pass(60'000);
        }
        return bench.stored(EventKind::status);
    };
    EXPECT_EQ(stay(24 * 60 - 1).size(), 1U);
    const auto next_day = stay(2);
    ASSERT_EQ(next_day.size(), 2U);
    const auto body = decode<StatusBody>(next_day[1].body);
    EXPECT_TRUE(body->connected);
    EXPECT_EQ(body->reason, "still connected");
    EXPECT_EQ(stay(60).size(), 2U);
}

TEST(Sessions, ARestartedBrokerDeclaresWhoWasConnected) {
    Bench bench;
    bench.connect(Role::agent, "pi-1", "a");
    bench.start();
    const auto statuses = bench.stored(EventKind::status);
    ASSERT_EQ(statuses.size(), 2U);
    EXPECT_EQ(decode<StatusBody>(statuses[1].body)->reason, "the broker was restarted");
}

}  // namespace
}  // namespace pncp::broker
