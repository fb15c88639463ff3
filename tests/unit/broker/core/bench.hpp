// BrokerCore on a bench: its actions performed at once in memory, peers played by real ClientSessions. Time
// is a number.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"
#include "schema/session.hpp"

namespace pncp::broker {

inline Key32 nonce(std::uint64_t number) {
    Key32 bytes{};
    store_be(bytes.data(), number);
    return bytes;
}

/// One peer with its connection.
struct Peer {
    Peer(const PeerEntry& entry, const Key32& broker_id, std::string routing_id)
        : address{entry.name.role == Role::agent ? Port::agents : Port::control, std::move(routing_id)},
          session(entry.name, entry.key, broker_id),
          identity(entry.name.text()) {}
    Address address;
    ClientSession session;
    std::string identity;
    Id16 spool{};
    std::vector<std::pair<FrameType, Bytes>> inbox;  ///< verified payloads
    std::optional<Ready> ready;
    std::optional<std::string> lost;
};

class Bench {
  public:
    Bench() : Bench(MasterSecret{nonce(77)}) {}
    explicit Bench(const MasterSecret& master) : directory(master, PeersFile{}) {
        recovered.journal = {9};
        recovered.class_heads.resize(kEventClasses);
        for (const char* id : {"pi-1", "pi-2", "pi-3"}) EXPECT_TRUE(directory.issue(Role::agent, id).ok());
        EXPECT_TRUE(directory.issue(Role::operator_, "local").ok());
        EXPECT_TRUE(directory.issue(Role::operator_, "ada").ok());
        EXPECT_TRUE(directory.issue(Role::subscriber, "bridge").ok());
        start();
    }
    /// A new core on the same journal, as after kill -9.
    void start() {
        options.endpoints = {"agents=tcp://h:1"};
        options.rights = rights;
        core.emplace(options, directory, recovered, now);
        perform();
    }

    Peer& connect(Role role, const std::string& id, const std::string& routing_id,
                  const Id16& spool = {{1}}) {
        auto& peer = peers.emplace_back(
            std::make_unique<Peer>(*directory.newest(role, id), directory.broker_id(), routing_id));
        peer->spool = spool;
        handshake(*peer);
        return *peer;
    }
    void handshake(Peer& peer) {
        Hello hello;
        hello.na = nonce(++nonces);
        hello.spool = peer.spool;
        hello.boot_id = "boot";
        hello.version = "0.1.0";
        hello.wall_us = devices_wall_us.value_or(now.wall_us);
        deliver(peer, peer.session.hello(hello));
    }
    template <typename Message>
    void send(Peer& peer, FrameType type, const Message& message) {
        deliver(peer, peer.session.seal(type, message));
    }
    void deliver(const Peer& peer, const Bytes& frame) {
        core->on_frame(peer.address, peer.identity, frame, nonce(++nonces), now);
        perform();
    }
    void pass(std::int64_t ms) {
        now.boot_ms += ms;
        now.wall_us += ms * 1000;
        core->on_time(now);
        perform();
    }
    /// The reply to a request, which must have come at once.
    template <typename T>
    T ask(Peer& peer, const Request& request) {
        send(peer, FrameType::request, request);
        return last_reply<T>(peer);
    }
    template <typename T>
    T last_reply(Peer& peer) {
        if (peer.inbox.empty() || peer.inbox.back().first != FrameType::reply) {
            ADD_FAILURE() << "no reply";
            return {};
        }
        const auto reply = decode<Reply>(peer.inbox.back().second);
        if (!reply || !std::holds_alternative<T>(*reply)) {
            const auto* error = reply ? std::get_if<ErrorReply>(&*reply) : nullptr;
            ADD_FAILURE() << "another reply" << (error != nullptr ? ": " + error->message : std::string());
            return {};
        }
        return std::get<T>(*reply);
    }
    static Row metrics_row(std::uint64_t seq) {
        return {Stream::metrics,
                seq,
                RowKind::metrics,
                1,
                0,
                false,
                encode(MetricsBody{{{"m", {}, {{"f", 1.0}}}}})};
    }
    static Batch batch(const Peer& peer, std::uint64_t after, std::vector<Row> rows) {
        return {peer.spool, "boot", 1, {after, 0}, std::move(rows)};
    }
    [[nodiscard]] std::vector<Event> stored(EventKind kind) const {
        std::vector<Event> found;
        for (const auto& stored_event : events)
            if (auto event = decode<Event>(stored_event.event); event && event->kind == kind)
                found.push_back(*event);
        return found;
    }

    PeerDirectory directory;
    journal::Recovered recovered;
    Now now{1'000'000, 1'700'000'000'000'000};
    std::optional<BrokerCore> core;
    std::vector<std::unique_ptr<Peer>> peers;
    std::vector<journal::StoredEvent> events;
    std::vector<std::pair<std::string, Bytes>> published;
    std::vector<std::string> lines;
    std::uint64_t nonces = 0;
    std::optional<std::int64_t> devices_wall_us;
    /// Everybody who was allowed before there were rights.
    Rights rights{{{"ada", {"*"}, {"*"}, false}}};
    Result<Reloaded> reloaded = Error{"nothing to reload", ""};
    int feed_rebinds = 0;
    bool peers_fail = false;
    bool journal_fails = false;
    bool journal_waits = false;
    bool rows_deleted = false;  ///< reads of single events find none
    BrokerOptions options;
    std::optional<Commit> waiting_commit;

    void commit(const Commit& action) {
        if (journal_fails) return core->on_committed(action.token, Error{"disk full", ""}, now);
        for (const auto& event : action.group->events) {
            ASSERT_EQ(event.seq, events.size() + 1) << "sequences are dense";
            events.push_back(event);
            recovered.head = event.seq;
            recovered.class_heads[static_cast<std::size_t>(event.event_class)] = event.class_seq;
            if (event.origin) remember_head(*event.origin);
        }
        for (const auto& record : action.group->agents) {
            std::erase_if(recovered.agents, [&](const auto& old) { return old.id == record.id; });
            recovered.agents.push_back(record);
        }
        for (const auto& record : action.group->jobs) {
            std::erase_if(recovered.jobs, [&](const auto& old) { return old.job == record.job; });
            recovered.jobs.push_back(record);
        }
        core->on_committed(action.token, Done{}, now);
    }
    void perform() {
        while (true) {
            auto actions = core->take_actions(now);
            if (actions.empty()) return;
            for (auto& action : actions) perform_one(action);
        }
    }

  private:
    void remember_head(const journal::Origin& origin) {
        for (auto& spool : recovered.spools)
            if (spool.agent == origin.agent && spool.spool == origin.spool) {
                spool.heads.of(origin.stream) = origin.seq;
                return;
            }
        journal::SpoolHead head{origin.agent, origin.spool, {}};
        head.heads.of(origin.stream) = origin.seq;
        recovered.spools.push_back(head);
    }
    void perform_one(Action& action) {
        if (auto* send_to = std::get_if<SendTo>(&action)) return receive(*send_to);
        if (auto* publish = std::get_if<Publish>(&action)) {
            published.emplace_back(publish->topic, publish->frame);
        } else if (auto* commit_action = std::get_if<Commit>(&action)) {
            if (journal_waits)
                waiting_commit = *commit_action;
            else
                commit(*commit_action);
        } else if (auto* page = std::get_if<ReadPage>(&action)) {
            read(*page);
        } else if (auto* rows = std::get_if<ReadRows>(&action)) {
            std::vector<EventRow> found;
            if (!rows_deleted)
                for (const auto seq : rows->sequences) found.push_back({seq, events[seq - 1].event});
            core->on_rows(rows->token, found, now);
        } else if (auto* save = std::get_if<SavePeers>(&action)) {
            core->on_peers_saved(save->token, peers_fail ? Status(Error{"disk full", ""}) : Done{}, now);
        } else if (auto* reload = std::get_if<Reload>(&action)) {
            core->on_reloaded(reload->token, reloaded, now);
        } else if (std::holds_alternative<RebindFeed>(action)) {
            ++feed_rebinds;
        } else if (auto* line = std::get_if<Log>(&action)) {
            lines.push_back(line->text);
        }
    }
    void read(const ReadPage& action) {
        journal::Page page{1, recovered.head, recovered.head, {}};
        for (const auto& event : events)
            if (event.seq > action.after && event.topic.starts_with(action.prefix) &&
                page.rows.size() < action.limit)
                page.rows.push_back({event.seq, event.event});
        core->on_page(action.token, page, now);
    }
    void receive(const SendTo& message) {
        for (auto& peer : peers) {
            if (peer->address != message.to) continue;
            auto input = peer->session.on_frame(message.frame);
            if (auto* auth = std::get_if<ClientSession::SendAuth>(&input))
                deliver(*peer, auth->frame);
            else if (auto* established = std::get_if<ClientSession::Established>(&input))
                peer->ready = established->ready;
            else if (auto* lost = std::get_if<ClientSession::Lost>(&input))
                peer->lost = lost->reason;
            else if (auto* frame = std::get_if<Verified>(&input))
                peer->inbox.emplace_back(frame->type, to_bytes(frame->payload));
            return;
        }
    }
};

}  // namespace pncp::broker
