// Right key, right counter, right form, and yet not this peer's to say, or not now.
#include <map>

#include "tests/unit/agent/core/bench.hpp"
#include "tests/unit/broker/core/bench.hpp"
#include "tests/unit/schema/samples.hpp"
#include "tests/unit/security/raw_payload.hpp"

namespace pncp {
namespace {

using broker::Bench;
using broker::Peer;
using broker::Port;

std::map<std::string, std::uint64_t> refusals(Bench& bench, Peer& watcher) {
    std::map<std::string, std::uint64_t> counts;
    for (const StatusRow& row : bench.ask<StatusReply>(watcher, StatusRequest{}).rows)
        if (row.name.starts_with("refused.")) counts[row.name.substr(8)] = std::stoull(row.value);
    return counts;
}

/// Seals a frame of any type, delivers it, and says by which name it was refused; "" when it was not.
class BrokerStates : public testing::Test {
  protected:
    std::string refusal_of(Peer& peer, FrameType type, const Bytes& payload) {
        return refusal_of_frame(peer, peer.session.seal(type, Raw{payload}));
    }
    std::string refusal_of_frame(Peer& peer, const Bytes& frame) {
        const auto before = refusals(bench, watcher);
        bench.pass(3'100);  // below twenty a minute
        const std::size_t events = bench.events.size();
        const std::size_t heard = peer.inbox.size();
        bench.deliver(peer, frame);
        const bool nothing = bench.events.size() == events && peer.inbox.size() == heard;
        for (const auto& [name, count] : refusals(bench, watcher))
            if (count > before.at(name)) return nothing ? name : name + ", but something came of it";
        return "";
    }
    Bench bench;
    Peer& watcher = bench.connect(Role::operator_, "local", "watcher");
};

const std::map<FrameType, Bytes>& well_formed() {
    static const std::map<FrameType, Bytes> payloads = [] {
        std::map<FrameType, Bytes> made;
        for (const auto& [name, frame] : samples::frames())
            made[static_cast<FrameType>(frame[4])] =
                to_bytes(std::get<UnverifiedFrame>(parse_frame(frame)).payload);
        return made;
    }();
    return payloads;
}

TEST_F(BrokerStates, WhatAnAgentMayNotSayIsRefusedByRole) {
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    ASSERT_TRUE(pi.ready);
    std::size_t tried = 0;
    for (const FrameType type :
         {FrameType::challenge, FrameType::ready, FrameType::ack, FrameType::command, FrameType::rekey,
          FrameType::no_session, FrameType::event, FrameType::request, FrameType::reply, FrameType::cancel}) {
        EXPECT_EQ(refusal_of(pi, type, well_formed().at(type)), "role") << frame_type_name(type);
        ++tried;
    }
    EXPECT_EQ(tried, 10U);
    EXPECT_EQ(refusal_of(pi, FrameType::heartbeat, encode(samples::heartbeat())), "")
        << "the session goes on";
}

TEST_F(BrokerStates, WhatOperatorsAndSubscribersMayNotSayIsRefusedByRole) {
    for (const auto& [role, id] :
         {std::pair(Role::operator_, "ada"), std::pair(Role::subscriber, "bridge")}) {
        Peer& peer = bench.connect(role, id, id);
        ASSERT_TRUE(peer.ready);
        std::size_t tried = 0;
        for (const auto& [type, payload] : well_formed()) {
            if (type == FrameType::request || type == FrameType::hello || type == FrameType::auth) continue;
            EXPECT_EQ(refusal_of(peer, type, payload), "role") << id << " " << frame_type_name(type);
            ++tried;
        }
        EXPECT_EQ(tried, 14U);
        EXPECT_EQ(bench.ask<StatusReply>(peer, StatusRequest{}).rows.empty(), false);
    }
}

TEST_F(BrokerStates, ATypeOrDirectionThatDoesNotExistIsRefusedByName) {
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    const Bytes good = pi.session.seal(FrameType::heartbeat, samples::heartbeat());
    const auto with = [&](std::size_t offset, unsigned value) {
        Bytes frame = good;
        frame[offset] = static_cast<std::uint8_t>(value);
        return frame;
    };
    for (const unsigned type : {0U, 18U, 19U, 128U, 255U})
        EXPECT_EQ(refusal_of_frame(pi, with(4, type)), "type") << type;
    for (const unsigned direction : {0U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 255U})
        EXPECT_EQ(refusal_of_frame(pi, with(5, direction)), "direction") << direction;
}

/// A peer that has greeted and holds its AUTH back.
class HeldAuth : public BrokerStates {
  protected:
    HeldAuth() {
        hello_ = pi.session.hello(samples::hello());
        bench.core->on_frame(pi.address, pi.identity, hello_, broker::nonce(500), bench.now);
        const auto actions = bench.core->take_actions(bench.now);
        auto input = pi.session.on_frame(std::get<broker::SendTo>(actions.at(0)).frame);
        auth_ = std::get<ClientSession::SendAuth>(input).frame;
    }
    void expect_let_in() {
        bench.deliver(pi, auth_);
        EXPECT_TRUE(pi.ready) << "the honest AUTH is still taken";
        EXPECT_FALSE(pi.lost);
    }
    Peer& pi = *bench.peers.emplace_back(std::make_unique<Peer>(*bench.directory.newest(Role::agent, "pi-1"),
                                                                bench.directory.broker_id(), "a"));
    Bytes hello_;
    Bytes auth_;
};

TEST_F(HeldAuth, AFrameBeforeItIsRefusedByRole) {
    EXPECT_EQ(refusal_of(pi, FrameType::heartbeat, encode(samples::heartbeat())), "role");
    EXPECT_FALSE(pi.lost) << "no NO_SESSION";
    expect_let_in();
}

TEST_F(HeldAuth, AnAlteredOneIsNotAnsweredWithNoSession) {
    Bytes altered = auth_;
    altered[4] = static_cast<std::uint8_t>(FrameType::batch);
    EXPECT_EQ(refusal_of_frame(pi, altered), "tag");
    EXPECT_FALSE(pi.lost);
    expect_let_in();
}

TEST_F(HeldAuth, AnAlteredHelloDoesNotEndTheHandshakeThatWasBegun) {
    Bytes altered = hello_;
    altered.back() ^= 1U;
    EXPECT_EQ(refusal_of_frame(pi, altered), "tag");
    EXPECT_EQ(bench.core->pending_handshakes(), 1U);
    expect_let_in();
}

TEST_F(HeldAuth, ItIsTakenOnceAndNoMoreOfItsKind) {
    expect_let_in();
    EXPECT_EQ(refusal_of_frame(pi, auth_), "counter");
    EXPECT_EQ(refusal_of(pi, FrameType::auth, encode(Auth{"pi-1"})), "role");
    EXPECT_FALSE(pi.lost) << "no NO_SESSION";
    EXPECT_EQ(refusal_of(pi, FrameType::heartbeat, encode(samples::heartbeat())), "")
        << "the session goes on";
}

TEST_F(BrokerStates, AGenerationOtherThanTheSessionsIsRefused) {
    Peer& pi = bench.connect(Role::agent, "pi-1", "a");
    Bytes frame = pi.session.seal(FrameType::heartbeat, samples::heartbeat());
    store_be(frame.data() + 6, std::uint16_t{2});
    EXPECT_EQ(refusal_of_frame(pi, frame), "unknown_peer");
}

TEST_F(BrokerStates, AHelloWithACounterOrOfAnotherPeersIdIsRefused) {
    const broker::PeerEntry& entry = *bench.directory.newest(Role::agent, "pi-1");
    Peer& pi = *bench.peers.emplace_back(std::make_unique<Peer>(entry, bench.directory.broker_id(), "a"));
    SigningKey up(handshake_keys(entry.key).up);
    Header header{FrameType::hello, Direction::agent_to_broker, 1, peer_handle(Role::agent, "pi-1"), 1};
    EXPECT_EQ(refusal_of_frame(pi, make_frame(header, up, samples::hello())), "counter");
    header.counter = 0;
    Hello other = samples::hello();
    other.id = "pi-2";
    EXPECT_EQ(refusal_of_frame(pi, make_frame(header, up, other)), "payload");
    header.generation = 2;
    EXPECT_EQ(refusal_of_frame(pi, make_frame(header, up, samples::hello())), "unknown_peer");
    header = {FrameType::hello, Direction::agent_to_broker, 1, peer_handle(Role::agent, "pi-2"), 0};
    EXPECT_EQ(refusal_of_frame(pi, make_frame(header, up, samples::hello())), "wrong_connection");
}

// --- the agent -----------------------------------------------------------------------------------------

class AgentStates : public testing::Test {
  protected:
    AgentStates() {
        bench.start();
        bench.pass(1'000);
    }
    template <typename Message>
    agent::Actions receive(FrameType type, const Message& message) {
        return bench.core.on_frame(bench.broker.session->seal(type, message), bench.now);
    }
    agent::testing::Bench bench;
};

TEST_F(AgentStates, WhatABrokerMayNotSayIsRefusedByRole) {
    ASSERT_TRUE(bench.core.in_session());
    std::size_t tried = 0;
    for (const FrameType type : {FrameType::hello, FrameType::challenge, FrameType::auth, FrameType::ready,
                                 FrameType::batch, FrameType::command_ack, FrameType::bye, FrameType::event,
                                 FrameType::request, FrameType::reply, FrameType::catalogue}) {
        for (const auto& action : receive(type, Raw{well_formed().at(type)}))
            EXPECT_TRUE(std::holds_alternative<agent::Log>(action)) << frame_type_name(type);
        EXPECT_EQ(bench.core.refused(Refusal::role), ++tried) << frame_type_name(type);
    }
    EXPECT_EQ(tried, 11U);
    EXPECT_TRUE(bench.core.in_session());
}

TEST_F(AgentStates, ANoSessionUnderTheSessionsKeyIsNoGoodbye) {
    const auto actions = receive(FrameType::no_session, samples::no_session());
    EXPECT_TRUE(bench.core.in_session());
    for (const auto& action : actions) EXPECT_TRUE(std::holds_alternative<agent::Log>(action));
}

TEST_F(AgentStates, ARekeyOfALowerOrEqualGenerationIsRefused) {
    std::size_t refused = 0;
    for (const std::uint16_t generation : {std::uint16_t{0}, bench.config.self.generation}) {
        bench.perform(receive(FrameType::rekey, Rekey{generation, samples::key(1)}));
        EXPECT_EQ(bench.core.refused(Refusal::payload), ++refused);
    }
    EXPECT_TRUE(bench.saved_keys.empty());
    EXPECT_TRUE(bench.core.in_session());
}

TEST_F(AgentStates, ACancelOfAnUnknownOrFinishedCommandDoesNothing) {
    bench.perform(receive(FrameType::cancel, Cancel{{{99}}}));
    EXPECT_TRUE(bench.cancels.empty());
    bench.send_command(7, "uptime");
    bench.finish(7, "done");
    bench.perform(receive(FrameType::cancel, Cancel{agent::testing::id16(7)}));
    EXPECT_TRUE(bench.cancels.empty());
    EXPECT_EQ(bench.broker.results.size(), 1U);
    EXPECT_TRUE(bench.core.in_session());
}

TEST_F(AgentStates, AnAckOfRowsThatWereNeverMadeIsRefused) {
    const std::size_t held = bench.core.spool().bytes();
    for (const StreamHeads heads :
         {StreamHeads{1'000, 0}, StreamHeads{0, 1}, StreamHeads{UINT64_MAX, UINT64_MAX}})
        bench.perform(receive(FrameType::ack, Ack{bench.config.spool, heads}));
    EXPECT_EQ(bench.core.refused(Refusal::payload), 3U);
    EXPECT_EQ(bench.core.spool().bytes(), held);
}

}  // namespace
}  // namespace pncp
