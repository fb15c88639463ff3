// Payloads that are no message, sealed with the right key and counter: the decoder alone stands between them
// and the cores.
#include "tests/unit/agent/core/bench.hpp"
#include "tests/unit/broker/core/bench.hpp"
#include "tests/unit/schema/samples.hpp"
#include "tests/unit/security/msgpack_parts.hpp"
#include "tests/unit/security/raw_payload.hpp"

namespace pncp {
namespace {

using security::malformed;

/// Optional keys may be absent, and a request or reply names its verb anywhere.
bool is_allowed(FrameType type, const std::string& form) {
    return type == FrameType::ready && form == "without feed_key";
}

// --- what the broker reads -----------------------------------------------------------------------------

std::uint64_t refusals(broker::Bench& bench, broker::Peer& watcher, const std::string& name) {
    for (const StatusRow& row : bench.ask<StatusReply>(watcher, StatusRequest{}).rows)
        if (row.name == "refused." + name) return std::stoull(row.value);
    return 0;
}

/// Every malformed form of a message, a minute apart so that the connection is not ignored. `apart_ms` grows.
std::size_t offer_to_broker(broker::Bench& bench, std::int64_t& apart_ms, broker::Peer& peer, FrameType type,
                            ByteView good) {
    std::size_t offered = 0;
    for (const auto& [form, payload] : malformed(good)) {
        const std::size_t events = bench.events.size();
        const std::size_t waiting = bench.core->waiting_rows();
        const std::size_t heard = peer.inbox.size();
        apart_ms += 61'000;
        bench.core->on_frame(peer.address, peer.identity, peer.session.seal(type, Raw{payload}),
                             broker::nonce(++bench.nonces),
                             {bench.now.boot_ms + apart_ms, bench.now.wall_us});
        bench.perform();
        EXPECT_EQ(bench.events.size(), events) << frame_type_name(type) << " " << form;
        // An operator is told so; an agent gets no answer.
        if (peer.address.port == broker::Port::agents) {
            EXPECT_EQ(peer.inbox.size(), heard) << frame_type_name(type) << " " << form;
        } else {
            const auto error = bench.last_reply<ErrorReply>(peer);
            EXPECT_TRUE(peer.inbox.size() == heard + 1 && error.code == ErrorCode::malformed) << form;
        }
        EXPECT_EQ(bench.core->waiting_rows(), waiting);
        ++offered;
    }
    return offered;
}

TEST(MalformedPayloads, OfAnAgentAreRefusedByNameAndChangeNothing) {
    broker::Bench bench;
    broker::Peer& watcher = bench.connect(Role::operator_, "local", "watcher");
    broker::Peer& pi = bench.connect(Role::agent, "pi-1", "a", samples::batch().spool);
    const std::vector<std::pair<FrameType, Bytes>> good = {
        {FrameType::batch, encode(samples::batch())},
        {FrameType::catalogue, encode(samples::catalogue())},
        {FrameType::command_ack, encode(samples::command_ack())},
        {FrameType::heartbeat, encode(samples::heartbeat())},
        {FrameType::bye, encode(samples::bye())}};
    std::size_t offered = 0;
    std::int64_t apart_ms = 0;
    for (const auto& [type, payload] : good) offered += offer_to_broker(bench, apart_ms, pi, type, payload);
    EXPECT_GT(offered, 1'000U);
    EXPECT_EQ(refusals(bench, watcher, "payload"), offered);
    bench.send(pi, FrameType::heartbeat, samples::heartbeat());
    EXPECT_EQ(pi.inbox.back().first, FrameType::heartbeat) << "the session goes on";
}

TEST(MalformedPayloads, OfAnOperatorAreRefusedByNameAndAnswered) {
    broker::Bench bench;
    broker::Peer& watcher = bench.connect(Role::operator_, "local", "watcher");
    broker::Peer& ada = bench.connect(Role::operator_, "ada", "o");
    std::size_t offered = 0;
    std::int64_t apart_ms = 0;
    for (const Request& request : {Request(SendRequest{{{1}}, "*", "lslogs", {"-l"}, 5, "ada"}),
                                   Request(KeyRotateRequest{"pi-1", Role::agent}),
                                   Request(FetchRequest{1, "metrics/", 3}), Request(StatusRequest{})})
        offered += offer_to_broker(bench, apart_ms, ada, FrameType::request, encode(request));
    EXPECT_GT(offered, 300U);
    EXPECT_EQ(refusals(bench, watcher, "payload"), offered);
}

TEST(MalformedPayloads, OfAHelloAndAnAuthBeginNothing) {
    broker::Bench bench;
    broker::Peer& watcher = bench.connect(Role::operator_, "local", "watcher");
    bench.pass(limits::kGroupWaitMs);
    const broker::PeerEntry& entry = *bench.directory.newest(Role::agent, "pi-1");
    SigningKey up(handshake_keys(entry.key).up);
    const Header header{FrameType::hello, Direction::agent_to_broker, 1, peer_handle(Role::agent, "pi-1"), 0};
    std::size_t offered = 0;
    for (const auto& [form, payload] : malformed(encode(samples::hello()))) {
        const broker::Address from{broker::Port::agents, "h" + std::to_string(++offered)};
        bench.now.boot_ms += limits::kHelloEveryMs;
        bench.core->on_frame(from, entry.name.text(), make_frame(header, up, Raw{payload}), broker::nonce(1),
                             bench.now);
        EXPECT_TRUE(bench.core->take_actions(bench.now).empty()) << form;
        EXPECT_EQ(bench.core->pending_handshakes(), 0U) << form;
    }
    EXPECT_EQ(refusals(bench, watcher, "payload"), offered);
}

TEST(MalformedPayloads, IntegersOfAnyWidthAreTaken) {
    const auto expect_same = [](const auto& message) {
        using Message = std::remove_cvref_t<decltype(message)>;
        const Bytes shortest = encode(message);
        Bytes widest;
        ByteView rest(shortest);
        EXPECT_GT(security::widen(rest, widest), 0U);
        EXPECT_GE(widest.size(), shortest.size());
        EXPECT_EQ(decode<Message>(widest), message);
    };
    expect_same(samples::hello());
    expect_same(samples::challenge());
    expect_same(samples::ready());
    expect_same(samples::batch());
    expect_same(samples::ack());
    expect_same(samples::command());
    expect_same(samples::command_ack());
    expect_same(samples::heartbeat());
    expect_same(samples::rekey());
    expect_same(samples::event());
    expect_same(Heartbeat{-1, true});
    expect_same(Heartbeat{-40'000, true});
    expect_same(Heartbeat{INT64_MIN, true});
}

TEST(MalformedPayloads, AWrongPayloadLengthIsRefusedUnderARightTag) {
    SigningKey key(samples::key(9));
    for (const auto& [name, good] : samples::frames())
        for (const std::uint32_t wrong : {0U, 1U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
            Bytes frame = good;
            if (load_be<std::uint32_t>(frame.data() + 32) == wrong) continue;
            store_be(frame.data() + 32, wrong);
            const std::size_t tagged = frame.size() - limits::kTagBytes;
            key.sign(ByteView(frame).first(tagged), frame.data() + tagged);
            const auto parsed = parse_frame(frame);
            ASSERT_TRUE(std::holds_alternative<Refusal>(parsed)) << name;
            EXPECT_EQ(std::get<Refusal>(parsed), Refusal::payload_length) << name;
        }
}

TEST(MalformedPayloads, AFrameCutOrLengthenedUnderARightTagIsRefused) {
    SigningKey key(samples::key(9));
    std::size_t tried = 0;
    const auto refused = [&](Bytes frame, std::size_t tagged) {
        frame.resize(tagged + limits::kTagBytes);
        key.sign(ByteView(frame).first(tagged), frame.data() + tagged);
        ++tried;
        return std::holds_alternative<Refusal>(parse_frame(frame));
    };
    std::size_t expected = 0;
    for (const auto& [name, good] : samples::frames()) {
        const std::size_t tagged = good.size() - limits::kTagBytes;
        for (std::size_t length = 0; length < tagged; ++length) EXPECT_TRUE(refused(good, length)) << name;
        for (const std::size_t more : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 65'536U})
            EXPECT_TRUE(refused(good, tagged + more)) << name;
        expected += tagged + 9;
    }
    EXPECT_EQ(tried, expected);
}

// --- what the agent reads ------------------------------------------------------------------------------

TEST(MalformedPayloads, OfTheBrokerAreRefusedByTheAgentByNameAndChangeNothing) {
    agent::testing::Bench bench;
    bench.start();
    bench.pass(1'000);
    ASSERT_TRUE(bench.core.in_session());
    Command command = samples::command();
    command.spool = bench.config.spool;
    command.name = "uptime";
    command.arguments = {"a"};
    const std::vector<std::pair<FrameType, Bytes>> good = {
        {FrameType::ack, encode(Ack{bench.config.spool, {1, 0}})},
        {FrameType::command, encode(command)},
        {FrameType::rekey, encode(Rekey{2, samples::key(4)})},
        {FrameType::cancel, encode(Cancel{command.command})}};
    std::size_t offered = 0;
    for (const auto& [type, payload] : good)
        for (const auto& [form, bytes] : malformed(payload)) {
            const auto actions = bench.core.on_frame(bench.broker.session->seal(type, Raw{bytes}), bench.now);
            for (const auto& action : actions)
                EXPECT_TRUE(std::holds_alternative<agent::Log>(action))
                    << frame_type_name(type) << " " << form;
            EXPECT_EQ(bench.core.refused(Refusal::payload), ++offered)
                << frame_type_name(type) << " " << form;
        }
    EXPECT_GT(offered, 300U);
    bench.perform(bench.core.on_frame(bench.broker.session->seal(FrameType::command, command), bench.now));
    EXPECT_EQ(bench.runs.size(), 1U) << "the session goes on";
}

TEST(MalformedPayloads, OfTheHandshakeAreRefusedByTheClient) {
    const PeerName self = samples::agent_name();
    const Key32 peer = peer_key(samples::master(), self);
    ClientSession client(self, peer, samples::key(3));
    (void)client.hello(samples::hello());
    SigningKey handshake_down(handshake_keys(peer).down);
    const Header header{FrameType::challenge, Direction::broker_to_agent, 1, {}, 0};
    std::size_t offered = 0;
    const auto offer = [&](SigningKey& key, Header of, ByteView good) {
        for (const auto& [form, payload] : malformed(good)) {
            if (is_allowed(of.type, form)) continue;
            const auto input = client.on_frame(make_frame(of, key, Raw{payload}));
            ASSERT_TRUE(std::holds_alternative<Refusal>(input)) << frame_type_name(of.type) << " " << form;
            EXPECT_EQ(std::get<Refusal>(input), Refusal::payload) << frame_type_name(of.type) << " " << form;
            ++offered;
        }
    };
    offer(handshake_down, header, encode(samples::challenge()));
    auto sent = client.on_frame(make_frame(header, handshake_down, samples::challenge()));
    ASSERT_TRUE(std::holds_alternative<ClientSession::SendAuth>(sent)) << "the honest one is still taken";

    const Challenge challenge = samples::challenge();
    SigningKey down(
        session_keys(peer, challenge.na, challenge.nb, challenge.session, self.id, samples::key(3)).down);
    const Header ready{FrameType::ready, Direction::broker_to_agent, 1, challenge.session, 1};
    offer(down, ready, encode(samples::ready()));
    ASSERT_TRUE(std::holds_alternative<ClientSession::Established>(
        client.on_frame(make_frame(ready, down, samples::ready()))));
    const Header gone{FrameType::no_session, Direction::broker_to_agent, 1, challenge.session, 0};
    offer(handshake_down, gone, encode(samples::no_session()));
    EXPECT_TRUE(client.ready());
    EXPECT_GT(offered, 500U);
}

}  // namespace
}  // namespace pncp
