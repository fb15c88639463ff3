// Invariant: whatever peers with right keys say, and however connections, disk and clock behave, BrokerCore
// never throws, keeps its tables within their limits, journals only dense events that decode; and an honest
// agent that comes after all that is let in and its row acknowledged.
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/messages.hpp"
#include "tests/unit/broker/core/bench.hpp"
#include "tests/unit/security/raw_payload.hpp"

namespace {

using namespace pncp;
using namespace pncp::broker;
using fuzz::Choices;

/// One bench for all inputs, put back to its beginning for each: deriving keys takes a millisecond a peer.
class World {
  public:
    World() : pristine_(bench_.directory) {
        recovered_.journal = {9};
        recovered_.class_heads.resize(kEventClasses);
    }

    void play(Choices choices) {
        reset();
        for (int steps = 0; choices.left() && steps < 200; ++steps) step(choices);
        check_events();
        honest_agent_gets_in();
    }

  private:
    void reset() {
        bench_.core.reset();
        bench_.peers.clear();
        bench_.events.clear();
        bench_.published.clear();
        bench_.lines.clear();
        bench_.directory = pristine_;
        bench_.recovered = recovered_;
        bench_.now = {1'000'000, 1'700'000'000'000'000};
        bench_.nonces = 0;
        bench_.reloaded = Error{"nothing to reload", ""};
        heal();
        bench_.start();
        said_.clear();
    }

    void heal() {
        bench_.journal_fails = bench_.journal_waits = bench_.peers_fail = false;
        if (!bench_.waiting_commit) return;
        const Commit commit = *std::exchange(bench_.waiting_commit, std::nullopt);
        if (bench_.core) bench_.commit(commit);
    }

    void step(Choices& choices) {
        switch (choices.below(12)) {
            case 0:
                return connect(choices);
            case 1:
                return pass(choices);
            case 2:
                return disturb(choices);
            case 3:
                bench_.core->on_subscription("subscriber/bridge/1", choices.bytes(), bench_.now);
                return bench_.perform();
            case 4:
                return deliver_strange(choices);
            default:
                return say(choices);
        }
    }

    void pass(Choices& choices) {
        const std::int64_t steps = choices.byte();
        bench_.pass(steps * (choices.flag() ? 10 : 1'000));
    }

    void connect(Choices& choices) {
        static constexpr std::pair<Role, const char*> kWho[] = {{Role::agent, "pi-1"},
                                                                {Role::agent, "pi-2"},
                                                                {Role::operator_, "local"},
                                                                {Role::operator_, "ada"},
                                                                {Role::subscriber, "bridge"}};
        const auto& [role, id] = kWho[choices.below(std::size(kWho))];
        const std::string connection(1, static_cast<char>('a' + choices.below(6)));
        std::erase_if(bench_.peers, [&](const auto& peer) { return peer->address.routing_id == connection; });
        if (bench_.peers.size() < 8) bench_.connect(role, id, connection, choices.id());
    }

    void disturb(Choices& choices) {
        switch (choices.below(6)) {
            case 0:
                bench_.journal_fails = choices.flag();
                return;
            case 1:
                bench_.journal_waits = true;
                return;
            case 2:
                heal();
                return bench_.perform();
            case 3:
                bench_.peers_fail = choices.flag();
                return;
            case 4:
                if (!bench_.peers.empty())
                    bench_.core->on_unreachable(bench_.peers[choices.below(bench_.peers.size())]->address,
                                                bench_.now);
                return bench_.perform();
            default:
                return restart();
        }
    }

    /// As after kill -9: what was not committed is gone.
    void restart() {
        bench_.waiting_commit.reset();
        bench_.journal_waits = false;
        bench_.peers.clear();
        bench_.start();
        for (const auto& stored : std::vector(bench_.events))
            if (const auto event = decode<Event>(stored.event);
                event && (event->kind == EventKind::job || event->kind == EventKind::command ||
                          event->kind == EventKind::result))
                bench_.core->restore(stored.seq, *event);
        bench_.perform();
    }

    /// Any bytes, or a frame that was said before, from any connection in anybody's name.
    void deliver_strange(Choices& choices) {
        if (bench_.peers.empty()) return;
        Peer& peer = *bench_.peers[choices.below(bench_.peers.size())];
        if (said_.empty() || choices.flag()) return bench_.deliver(peer, choices.bytes());
        Bytes frame = said_[choices.below(said_.size())];
        if (choices.flag()) frame[choices.byte() % frame.size()] ^= static_cast<std::uint8_t>(choices.byte());
        bench_.deliver(peer, frame);
    }

    template <typename Message>
    void send(Peer& peer, FrameType type, const Message& message) {
        said_.push_back(peer.session.seal(type, message));
        bench_.deliver(peer, Bytes(said_.back()));
    }

    void say(Choices& choices) {
        if (bench_.peers.empty()) return;
        Peer& peer = *bench_.peers[choices.below(bench_.peers.size())];
        if (!peer.session.ready()) return bench_.handshake(peer);
        const std::size_t what = choices.below(16);
        if (what == 0) {
            const auto type = static_cast<FrameType>(1 + choices.below(17));
            return send(peer, type, Raw{choices.bytes()});
        }
        if (what == 1) return send(peer, FrameType::heartbeat, Heartbeat{choices.signed_number(), true});
        if (peer.address.port == Port::control) return send(peer, FrameType::request, fuzz::request(choices));
        if (what == 2) return send(peer, FrameType::bye, Bye{choices.text(), choices.flag()});
        if (what < 5) return send(peer, FrameType::catalogue, fuzz::catalogue(choices));
        if (what < 7)
            return send(
                peer, FrameType::command_ack,
                CommandAck{choices.id(), static_cast<CommandState>(1 + choices.below(4)), choices.text()});
        send(peer, FrameType::batch, fuzz::batch(choices, peer.spool));
    }

    void check_events() {
        if (bench_.core->pending_handshakes() > limits::kPendingHandshakes) std::abort();
        if (bench_.core->agents_online() > 3) std::abort();
        for (std::size_t i = 0; i < bench_.events.size(); ++i) {
            const auto event = decode<Event>(bench_.events[i].event);
            if (bench_.events[i].seq != i + 1 || !event) std::abort();
            if (topic_class(event->topic) != bench_.events[i].event_class) std::abort();
            if (event->body.size() > limits::kRowBodyBytes) std::abort();
        }
    }

    void honest_agent_gets_in() {
        heal();
        bench_.peers_fail = false;
        bench_.perform();
        bench_.pass(70'000);
        Peer& honest = bench_.connect(Role::agent, "pi-3", "honest", {{0xEE}});
        if (!honest.ready) {
            // Only who may revoke keys can keep it out.
            const PeerRecord* record = bench_.directory.record(Role::agent, "pi-3");
            if (record == nullptr || record->revoked) return;
            std::abort();
        }
        bench_.send(honest, FrameType::batch, Bench::batch(honest, 0, {Bench::metrics_row(1)}));
        bench_.pass(1'000);
        bench_.pass(BrokerCore::kAckDelayMs);
        if (honest.inbox.empty() || honest.inbox.back().first != FrameType::ack) {
            for (const auto& [type, payload] : honest.inbox)
                if (type == FrameType::ack && decode<Ack>(payload)->heads.metrics == 1) return;
            std::abort();
        }
    }

    Bench bench_;
    PeerDirectory pristine_;
    journal::Recovered recovered_;
    std::vector<Bytes> said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A failed expectation of the bench is a finding.
    static const bool once = [] {
        testing::GTEST_FLAG(throw_on_failure) = true;
        int argc = 1;
        char name[] = "broker_fuzz";
        char* argv[] = {name, nullptr};
        testing::InitGoogleTest(&argc, argv);
        return true;
    }();
    (void)once;
    static World world;
    world.play(Choices({data, size}));
    return 0;
}
