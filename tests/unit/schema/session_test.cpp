// Both sides of the session joined in memory: what gets through, and what never does.
#include "schema/session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

const MasterSecret kMaster = samples::master();
const Key32 kBroker = curve_public_key(broker_curve_secret(kMaster));

struct Pair {
    explicit Pair(const PeerName& name = samples::agent_name(), std::uint8_t nonce = 32)
        : peer(name), client(name, peer_key(kMaster, name), kBroker) {
        Hello fields = samples::hello();
        fields.na = samples::key(nonce);
        hello = client.hello(fields);
    }
    std::variant<ServerSession::Begun, Refusal> begin(ByteView frame, std::uint8_t nb = 96) {
        auto parsed = parse_frame(frame);
        return ServerSession::begin(std::get<UnverifiedFrame>(parsed), peer, peer_key(kMaster, peer), kBroker,
                                    samples::key(nb), 5);
    }
    void establish() {
        auto begun = begin(hello);
        auto& good = std::get<ServerSession::Begun>(begun);
        server = std::move(good.session);
        challenge = good.challenge;
        auto input = client.on_frame(challenge);
        auth = std::get<ClientSession::SendAuth>(input).frame;
        ASSERT_TRUE(std::holds_alternative<Verified>(deliver(auth)));
        ready = server->seal(FrameType::ready, samples::ready());
        auto established = client.on_frame(ready);
        ASSERT_TRUE(std::holds_alternative<ClientSession::Established>(established));
    }
    std::variant<Verified, Refusal> deliver(ByteView frame) {
        auto parsed = parse_frame(frame);
        if (auto* refusal = std::get_if<Refusal>(&parsed)) return *refusal;
        return server->on_frame(std::get<UnverifiedFrame>(parsed));
    }
    PeerName peer;
    ClientSession client;
    std::unique_ptr<ServerSession> server;
    Bytes hello;
    Bytes challenge;
    Bytes auth;
    Bytes ready;
};

Refusal refusal_of(const std::variant<Verified, Refusal>& outcome) {
    return std::holds_alternative<Refusal>(outcome) ? std::get<Refusal>(outcome) : Refusal::overload;
}

TEST(Session, HelloToReadyThenFramesBothWays) {
    Pair pair;
    pair.establish();
    EXPECT_TRUE(pair.client.ready());
    EXPECT_TRUE(pair.server->proven());
    const Bytes up = pair.client.seal(FrameType::heartbeat, samples::heartbeat());
    EXPECT_TRUE(std::holds_alternative<Verified>(pair.deliver(up)));
    const Bytes down = pair.server->seal(FrameType::ack, samples::ack());
    EXPECT_TRUE(std::holds_alternative<Verified>(pair.client.on_frame(down)));
}

TEST(Session, NoFrameIsAcceptedTwice) {
    Pair pair;
    pair.establish();
    const Bytes up = pair.client.seal(FrameType::heartbeat, samples::heartbeat());
    ASSERT_TRUE(std::holds_alternative<Verified>(pair.deliver(up)));
    EXPECT_EQ(refusal_of(pair.deliver(up)), Refusal::counter);
    EXPECT_EQ(refusal_of(pair.deliver(pair.auth)), Refusal::counter);
    const Bytes down = pair.server->seal(FrameType::ack, samples::ack());
    ASSERT_TRUE(std::holds_alternative<Verified>(pair.client.on_frame(down)));
    for (const Bytes& old : {down, pair.ready, pair.challenge})
        EXPECT_TRUE(std::holds_alternative<Refusal>(pair.client.on_frame(old)));
}

TEST(Session, AnOlderCounterIsRefusedAfterANewerOne) {
    Pair pair;
    pair.establish();
    const Bytes first = pair.client.seal(FrameType::heartbeat, samples::heartbeat());
    const Bytes second = pair.client.seal(FrameType::heartbeat, samples::heartbeat());
    ASSERT_TRUE(std::holds_alternative<Verified>(pair.deliver(second)));
    EXPECT_EQ(refusal_of(pair.deliver(first)), Refusal::counter);
}

TEST(Session, FramesOfAnotherSessionOfTheSamePeerAreRefused) {
    Pair old;
    old.establish();
    const Bytes recorded = old.client.seal(FrameType::heartbeat, samples::heartbeat());
    Pair fresh(samples::agent_name(), 33);
    fresh.establish();
    EXPECT_EQ(refusal_of(fresh.deliver(recorded)), Refusal::tag);
}

TEST(Session, FramesOfAnotherAgentAreRefused) {
    Pair one;
    one.establish();
    Pair two({Role::agent, "pi-2", 1});
    two.establish();
    EXPECT_TRUE(std::holds_alternative<Refusal>(
        two.deliver(one.client.seal(FrameType::heartbeat, samples::heartbeat()))));
}

TEST(Session, AReflectedFrameIsRefused) {
    Pair pair;
    pair.establish();
    EXPECT_EQ(refusal_of(pair.deliver(pair.server->seal(FrameType::ack, samples::ack()))),
              Refusal::direction);
    const Bytes up = pair.client.seal(FrameType::heartbeat, samples::heartbeat());
    EXPECT_TRUE(std::holds_alternative<Refusal>(pair.client.on_frame(up)));
}

TEST(Session, ARecordedChallengeDoesNotAnswerANewHello) {
    Pair pair;
    auto begun = pair.begin(pair.hello);
    const Bytes recorded = std::get<ServerSession::Begun>(begun).challenge;
    Hello again = samples::hello();
    again.na = samples::key(77);
    pair.hello = pair.client.hello(again);
    EXPECT_TRUE(std::holds_alternative<Refusal>(pair.client.on_frame(recorded)));
    EXPECT_EQ(pair.client.state(), ClientSession::State::hello_sent);
}

TEST(Session, ARecordedHelloWinsNothingWithoutTheKey) {
    Pair pair;
    pair.establish();
    // The server answers a replayed HELLO with a new challenge; the recorded AUTH does not fit it.
    auto begun = pair.begin(pair.hello, 120);
    auto& replay = std::get<ServerSession::Begun>(begun);
    auto parsed = parse_frame(pair.auth);
    EXPECT_TRUE(std::holds_alternative<Refusal>(replay.session->on_frame(std::get<UnverifiedFrame>(parsed))));
    EXPECT_FALSE(replay.session->proven());
}

TEST(Session, NothingButAuthIsTakenBeforeAuth) {
    Pair pair;
    auto begun = pair.begin(pair.hello);
    pair.server = std::move(std::get<ServerSession::Begun>(begun).session);
    auto input = pair.client.on_frame(std::get<ServerSession::Begun>(begun).challenge);
    const Bytes auth = std::get<ClientSession::SendAuth>(input).frame;
    const Bytes early = pair.client.seal(FrameType::batch, samples::batch());
    EXPECT_EQ(refusal_of(pair.deliver(early)), Refusal::role);
    EXPECT_FALSE(pair.server->proven());
    EXPECT_TRUE(std::holds_alternative<Verified>(pair.deliver(auth)));
}

TEST(Session, AWrongKeyProvesNothing) {
    Pair pair;
    ClientSession thief(pair.peer, samples::key(200), kBroker);
    EXPECT_EQ(std::get<Refusal>(pair.begin(thief.hello(samples::hello()))), Refusal::tag);
}

TEST(Session, NoSessionIsBelievedOnlyForTheCurrentSession) {
    Pair pair;
    pair.establish();
    const Key32 key = peer_key(kMaster, pair.peer);
    EXPECT_TRUE(std::holds_alternative<Refusal>(
        pair.client.on_frame(make_no_session(pair.peer, key, samples::id(3), "other"))));
    EXPECT_TRUE(std::holds_alternative<Refusal>(
        pair.client.on_frame(make_no_session(pair.peer, samples::key(5), pair.server->id(), "forged"))));
    EXPECT_TRUE(pair.client.ready());
    EXPECT_TRUE(std::holds_alternative<ClientSession::Lost>(
        pair.client.on_frame(make_no_session(pair.peer, key, pair.server->id(), "ended"))));
    EXPECT_EQ(pair.client.state(), ClientSession::State::idle);
}

TEST(Session, EveryFlippedBitOfTheHandshakeIsRefused) {
    Pair pair;
    for (std::size_t bit = 0; bit < pair.hello.size() * 8; ++bit) {
        Bytes bad = pair.hello;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        auto parsed = parse_frame(bad);
        if (std::holds_alternative<Refusal>(parsed)) continue;
        EXPECT_TRUE(std::holds_alternative<Refusal>(pair.begin(bad))) << bit;
    }
}

}  // namespace
}  // namespace pncp
