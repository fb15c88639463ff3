// Keys while the broker runs: rotation, revocation, reload, and what becomes of those who are connected.
#include "bench.hpp"

namespace pncp::broker {
namespace {

const Row& first_row() {
    static const Row row = Bench::metrics_row(1);
    return row;
}

/// The peer as it comes back with the key of another generation.
Peer& come_back(Bench& bench, const KeyIssueReply& key, const std::string& routing_id) {
    const PeerEntry entry{{key.role, key.id, key.generation}, key.key, {}};
    auto& peer =
        bench.peers.emplace_back(std::make_unique<Peer>(entry, bench.directory.broker_id(), routing_id));
    peer->spool = {1};
    bench.handshake(*peer);
    return *peer;
}

std::vector<Rekey> rekeys(const Peer& peer) {
    std::vector<Rekey> found;
    for (const auto& [type, payload] : peer.inbox)
        if (type == FrameType::rekey) found.push_back(*decode<Rekey>(payload));
    return found;
}

TEST(Rotation, AConnectedAgentIsHandedItsNextKeyAndComesOver) {
    Bench bench;
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& local = bench.connect(Role::operator_, "local", "o");
    const auto next = bench.ask<KeyIssueReply>(local, KeyRotateRequest{"pi-1", Role::agent});
    EXPECT_EQ(next.generation, 2);
    ASSERT_EQ(rekeys(pi).size(), 1U);
    EXPECT_EQ(rekeys(pi)[0], (Rekey{2, next.key}));
    bench.send(pi, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(pi.inbox.back().first, FrameType::heartbeat) << "the former generation is good meanwhile";

    EXPECT_TRUE(come_back(bench, next, "b").ready);
    EXPECT_FALSE(bench.directory.record(Role::agent, "pi-1")->rotating);
    EXPECT_FALSE(bench.connect(Role::agent, "pi-1", "c").lost) << "the bench knows the newest key";
    Peer stale(
        PeerEntry{{Role::agent, "pi-1", 1}, peer_key(bench.directory.master(), {Role::agent, "pi-1", 1}), {}},
        bench.directory.broker_id(), "d");
    bench.deliver(stale, stale.session.hello(Hello{}));
    EXPECT_FALSE(stale.ready) << "once it came over, the former key is nobody's";
}

TEST(Rotation, AnAgentThatWasOfflineGetsItsKeyWhenItComesBack) {
    Bench bench;
    const auto old = *bench.directory.newest(Role::agent, "pi-1");
    Peer& local = bench.connect(Role::operator_, "local", "o");
    const auto next = bench.ask<KeyIssueReply>(local, KeyRotateRequest{"pi-1", Role::agent});
    auto& pi = bench.peers.emplace_back(std::make_unique<Peer>(old, bench.directory.broker_id(), "a"));
    bench.handshake(*pi);
    EXPECT_TRUE(pi->ready);
    ASSERT_EQ(rekeys(*pi).size(), 1U);
    EXPECT_EQ(rekeys(*pi)[0].key, next.key);
    const auto rows = bench.ask<KeyListReply>(local, KeyListRequest{}).rows;
    ASSERT_EQ(rows[0].id, "pi-1");
    EXPECT_EQ(rows[0].generation, 2);
    EXPECT_EQ(rows[0].previous, 1);
    EXPECT_EQ(rows[0].used, 1) << "who has not come over is seen";
}

TEST(Rotation, AskedAgainItGivesTheSameKey) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    const auto once = bench.ask<KeyIssueReply>(local, KeyRotateRequest{"pi-1", Role::agent});
    const auto twice = bench.ask<KeyIssueReply>(local, KeyRotateRequest{"pi-1", Role::agent});
    EXPECT_EQ(once.generation, twice.generation);
    EXPECT_EQ(once.key, twice.key);
}

TEST(Rotation, TheFormerKeyEndsWithTheGrace) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.ask<KeyIssueReply>(local, KeyRotateRequest{"pi-1", Role::agent});
    for (std::int64_t passed = 0; passed < limits::kRotationGraceMs; passed += 30'000) {
        const std::size_t answers = pi.inbox.size();
        bench.send(pi, FrameType::heartbeat, Heartbeat{});
        ASSERT_EQ(pi.inbox.size(), answers + 1) << "good after " << passed << " ms";
        bench.pass(30'000);
    }
    EXPECT_EQ(pi.lost, "its former key is good no longer") << "and is told so";
    const std::size_t answers = pi.inbox.size();
    bench.send(pi, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(pi.inbox.size(), answers) << "and then not answered at all";
    const auto events = bench.stored(EventKind::status);
    EXPECT_EQ(decode<StatusBody>(events.back().body)->reason, "its former key is good no longer");
}

TEST(Rotation, AnOperatorsFormerKeyStaysGoodForItsOtherMachines) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    Peer& old = bench.connect(Role::operator_, "ada", "a");
    const auto next = bench.ask<KeyIssueReply>(local, KeyRotateRequest{"ada", Role::operator_});
    EXPECT_TRUE(come_back(bench, next, "b").ready);
    bench.ask<AgentsReply>(old, AgentsRequest{});
    EXPECT_EQ(bench.feed_rebinds, 0);
}

TEST(Rotation, GoesOnWhenTheListCannotBeWritten) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    bench.peers_fail = true;
    EXPECT_EQ(bench.ask<ErrorReply>(local, KeyRotateRequest{"pi-1", Role::agent}).code, ErrorCode::journal);
    EXPECT_EQ(bench.directory.record(Role::agent, "pi-1")->generation, 1) << "as it was";
    EXPECT_EQ(bench.ask<ErrorReply>(local, KeyIssueRequest{"pi-9", Role::agent}).code, ErrorCode::journal);
    EXPECT_EQ(bench.directory.record(Role::agent, "pi-9"), nullptr);
    bench.peers_fail = false;
    bench.ask<KeyIssueReply>(local, KeyIssueRequest{"pi-9", Role::agent});
}

TEST(Revocation, HoldsEvenWhenTheListCannotBeWritten) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    bench.peers_fail = true;
    const auto error = bench.ask<ErrorReply>(local, KeyRevokeRequest{"pi-1", Role::agent});
    EXPECT_NE(error.message.find("until the broker restarts"), std::string::npos);
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {first_row()}));
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    EXPECT_FALSE(bench.connect(Role::agent, "pi-1", "b").ready);
}

TEST(Revocation, OfASubscriberCutsTheFeedAndChangesItsKey) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    const Key32 before = *local.ready->feed_key;
    bench.ask<DoneReply>(local, KeyRevokeRequest{"bridge", Role::subscriber});
    EXPECT_EQ(bench.feed_rebinds, 1);
    Peer& again = bench.connect(Role::operator_, "local", "p");
    EXPECT_NE(*again.ready->feed_key, before);
    EXPECT_EQ(again.ready->feed_epoch, local.ready->feed_epoch + 1);
    EXPECT_EQ(bench.directory.file().feed_epoch, again.ready->feed_epoch) << "it outlives the broker";
    bench.start();
    EXPECT_EQ(bench.connect(Role::operator_, "local", "q").ready->feed_epoch, again.ready->feed_epoch);
}

TEST(Revocation, OfAnAgentLeavesTheFeedAlone) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    bench.ask<DoneReply>(local, KeyRevokeRequest{"pi-2", Role::agent});
    EXPECT_EQ(bench.feed_rebinds, 0);
}

TEST(ReloadedList, EndsTheSessionsOfWhoeverIsNotOnItAnyMore) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Peer& other = bench.connect(Role::agent, "pi-2", "b");
    Reloaded next{bench.directory.file(), {}};
    next.peers.peers.erase({Role::agent, "pi-1"});
    next.peers.peers[{Role::subscriber, "bridge"}].revoked = true;
    bench.reloaded = next;
    bench.ask<DoneReply>(local, ReloadRequest{});
    bench.send(pi, FrameType::batch, Bench::batch(pi, 0, {first_row()}));
    EXPECT_TRUE(bench.stored(EventKind::metrics).empty());
    bench.send(other, FrameType::heartbeat, Heartbeat{});
    EXPECT_EQ(other.inbox.back().first, FrameType::heartbeat);
    EXPECT_EQ(bench.feed_rebinds, 1) << "a reader of the feed is gone";
}

TEST(ReloadedList, ThatCannotBeReadChangesNothing) {
    Bench bench;
    Peer& local = bench.connect(Role::operator_, "local", "o");
    Peer& ada = bench.connect(Role::operator_, "ada", "a");
    bench.reloaded = Error{"rights.toml:3: unknown key 'comands'", "correct it"};
    EXPECT_NE(bench.ask<ErrorReply>(local, ReloadRequest{}).message.find("unknown key"), std::string::npos);
    bench.ask<AgentsReply>(ada, AgentsRequest{});
}

TEST(Anchors, AreTheBrokersAloneAndBoundToEveryPartOfThem) {
    Bench bench;
    Peer& bridge = bench.connect(Role::subscriber, "bridge", "s");
    const Id16 journal = bridge.ready->journal;
    bench.pass(limits::kGroupWaitMs);
    bench.ask<DoneReply>(bridge, AnchorRequest{journal, 1, nonce(4)});
    EXPECT_EQ(bench.ask<ErrorReply>(bridge, AnchorRequest{journal, 1'000, nonce(4)}).code,
              ErrorCode::malformed);
    const auto events = bench.stored(EventKind::anchor);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].topic, "audit/bridge/");
    const AnchorBody good = *decode<AnchorBody>(events[0].body);
    std::vector<AnchorBody> anchors(5, good);
    anchors[1].sequence = 2;
    anchors[2].hash = nonce(5);
    anchors[3].consumer = "bridgf";
    anchors[4].tag[31] ^= 1;
    const auto check = bench.ask<AnchorCheckReply>(bridge, AnchorCheckRequest{journal, anchors});
    EXPECT_EQ(check.bad, (std::vector<std::uint64_t>{1, 2, 3, 4}));
    Id16 other = journal;
    other[0] ^= 1;
    EXPECT_EQ(bench.ask<AnchorCheckReply>(bridge, AnchorCheckRequest{other, {good}}).bad.size(), 1U);
}

}  // namespace
}  // namespace pncp::broker
