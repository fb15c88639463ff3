// A stand-in for the broker's control ROUTER and feed, on real sockets: real handshakes (ServerSession), a
// journal in memory, every fault on demand. One thread; the test calls pump(). Used by the tests of the
// subscriber and the log writer.
#pragma once

#include <stdlib.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "schema/codec.hpp"
#include "schema/key_file.hpp"
#include "schema/keys.hpp"
#include "schema/limits.hpp"
#include "schema/session.hpp"
#include "schema/transport/poller.hpp"
#include "schema/transport/socket.hpp"
#include "schema/transport/zap.hpp"

namespace pncp::testing {

/// A folder of its own, short enough for socket paths, removed at the end.
class TempFolder {
  public:
    TempFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "pncp-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

inline MasterSecret test_master(std::uint8_t n = 1) {
    MasterSecret master;
    for (std::size_t i = 0; i < master.bytes.size(); ++i)
        master.bytes[i] = static_cast<std::uint8_t>(n + i * 7);
    return master;
}

class FakeBroker {
  public:
    /// `transport_name`: "ipc" or "tcp".
    FakeBroker(transport::Context& context, const TempFolder& folder,
               const std::string& transport_name = "ipc", std::uint8_t master = 1)
        : context_(context), master_(test_master(master)), tcp_(transport_name == "tcp"), zap_(context_) {
        control_wanted_ = tcp_ ? "tcp://127.0.0.1:*" : "ipc://" + (folder / "control.sock");
        feed_wanted_ = tcp_ ? "tcp://127.0.0.1:*" : "ipc://" + (folder / "feed.sock");
        journal_[0] = 1;
        start();
    }

    // --- life ------------------------------------------------------------------------------------------

    /// As kill -9: sockets and sessions are gone, the journal stays.
    void stop() {
        poller_ = transport::Poller();
        // libzmq ends a connection only when the ZAP handler has let go of it: keep looking at that.
        poller_.add(zap_.socket(), 2);
        control_.reset();
        feed_.reset();
        sessions_.clear();
    }
    void start() {
        transport::SocketOptions options;
        if (tcp_) options.curve = transport::CurveServer{broker_curve_secret(master_)};
        options.zap_domain = "control";
        control_.emplace(transport::Socket::router(context_, options));
        options.zap_domain = "feed";
        options.send_hwm = limits::kFeedSendHwm;
        feed_.emplace(transport::Socket::pub(context_, options));
        bind(*control_, control_wanted_);
        bind(*feed_, feed_wanted_);
        poller_.add(*control_, 1);
        poller_.add(zap_.socket(), 2);
    }
    void end_sessions() { sessions_.clear(); }

    // --- what it is ------------------------------------------------------------------------------------

    [[nodiscard]] KeyFile key(const std::string& id, Role role = Role::subscriber) const {
        KeyFile file;
        file.peer = {role, id, 1};
        file.key = peer_key(master_, file.peer);
        file.broker = curve_public_key(broker_curve_secret(master_));
        file.control = control_wanted_;
        file.feed = feed_wanted_;
        return file;
    }
    [[nodiscard]] const std::string& control() const { return control_wanted_; }
    [[nodiscard]] const std::string& feed() const { return feed_wanted_; }
    [[nodiscard]] const Id16& journal() const { return journal_; }
    [[nodiscard]] std::uint64_t head() const { return head_; }

    void replace_journal() {
        ++journal_[0];
        events_.clear();
        head_ = 0;
        cursors_.clear();
    }
    void forget_up_to(std::uint64_t seq) { events_.erase(events_.begin(), events_.upper_bound(seq)); }

    // --- what it does ----------------------------------------------------------------------------------

    /// Journals an event, and publishes it unless it is to be lost.
    std::uint64_t append(Event event, bool publish = true) {
        ++head_;
        event.class_seq = head_;
        events_[head_] = encode(event);
        if (publish) send_feed(event.topic, make_frame(feed_header(head_), feed_signer(), event));
        return head_;
    }
    void heartbeat() {
        const FeedHeartbeat beat{journal_, epoch, head_, std::vector<std::uint64_t>(kEventClasses, 0), 0};
        send_feed(std::string(kHeartbeatTopic), make_frame(feed_header(head_), feed_signer(), beat));
    }

    /// Answers what waits; waits for it up to `timeout_ms`.
    void pump(std::int64_t timeout_ms = 0) {
        (void)poller_.wait(timeout_ms);
        zap_.answer_pending([&](std::string_view, const Key32& key, std::string_view) { return admit(key); });
        while (control_ && !frozen) {
            std::array<transport::Message, limits::kControlParts> parts;
            if (control_->receive(parts).status != transport::Received::message) return;
            on_frame(to_bytes(parts[0].bytes()), parts[2].bytes());
        }
    }

    std::map<std::string, Role> peers = {{"log-writer", Role::subscriber}, {"local", Role::operator_}};
    std::uint64_t epoch = 1;
    bool frozen = false;  ///< reads nothing
    bool mute = false;    ///< reads requests, and does not reply
    std::uint64_t handshakes = 0;
    std::uint64_t requests = 0;
    std::map<std::string, std::uint64_t> cursors_;

  private:
    void bind(transport::Socket& socket, std::string& endpoint) {
        // The socket that had the port before is closed by libzmq's own thread, a moment later.
        Status status = socket.bind(endpoint);
        for (int i = 0; i < 1'000 && !status.ok(); ++i) {
            (void)poller_.wait(2);
            status = socket.bind(endpoint);
        }
        if (!status.ok()) throw std::runtime_error(status.error().text());
        if (tcp_) endpoint = socket.last_endpoint();
    }
    [[nodiscard]] Header feed_header(std::uint64_t seq) const {
        return {FrameType::event, Direction::feed, 0, journal_, seq};
    }
    SigningKey& feed_signer() {
        if (!signer_ || signer_epoch_ != epoch) signer_.emplace(feed_key(master_, epoch));
        signer_epoch_ = epoch;
        return *signer_;
    }
    void send_feed(const std::string& topic, const Bytes& frame) {
        if (feed_) (void)feed_->send(view(topic), transport::Message::copy_of(frame));
    }
    [[nodiscard]] std::optional<std::string> admit(const Key32& key) const {
        for (const auto& [id, role] : peers)
            if (curve_public_key(peer_curve_secret(peer_key(master_, {role, id, 1}))) == key)
                return PeerName{role, id, 1}.text();
        return std::nullopt;
    }

    void on_frame(const Bytes& routing_id, ByteView bytes) {
        const auto parsed = parse_frame(bytes);
        const auto* frame = std::get_if<UnverifiedFrame>(&parsed);
        if (frame == nullptr) return;
        if (frame->header.type == FrameType::hello) {
            on_hello(routing_id, *frame);
            return;
        }
        const auto at = sessions_.find(frame->header.session);
        if (at == sessions_.end()) {
            for (const auto& [id, role] : peers) {
                if (direction_up(role) != frame->header.direction) continue;
                const PeerName peer{role, id, 1};
                reply(routing_id,
                      make_no_session(peer, peer_key(master_, peer), frame->header.session, "unknown"));
            }
            return;
        }
        ServerSession& session = *at->second;
        const auto input = session.on_frame(*frame);
        const auto* verified = std::get_if<Verified>(&input);
        if (verified == nullptr) return;
        if (verified->type == FrameType::auth) {
            Ready ready;
            ready.journal = journal_;
            ready.feed_epoch = epoch;
            ready.feed_key = feed_key(master_, epoch);
            ++handshakes;
            reply(routing_id, session.seal(FrameType::ready, ready));
        } else if (const auto request = decode<Request>(verified->payload)) {
            ++requests;
            if (!mute) reply(routing_id, session.seal(FrameType::reply, answer(session.peer().id, *request)));
        }
    }
    void on_hello(const Bytes& routing_id, const UnverifiedFrame& frame) {
        for (const auto& [id, role] : peers) {
            if (peer_handle(role, id) != frame.header.session) continue;
            const PeerName peer{role, id, 1};
            Key32 nonce{};
            store_be(nonce.data(), ++nonces_);
            auto begun = ServerSession::begin(frame, peer, peer_key(master_, peer),
                                              curve_public_key(broker_curve_secret(master_)), nonce, 0);
            if (auto* good = std::get_if<ServerSession::Begun>(&begun)) {
                reply(routing_id, good->challenge);
                const Id16 session = good->session->id();
                sessions_[session] = std::move(good->session);
            }
        }
    }
    Reply answer(const std::string& peer, const Request& request) {
        if (const auto* cursor = std::get_if<CursorRequest>(&request)) {
            std::uint64_t& kept = cursors_[peer];
            if (cursor->journal == journal_) kept = std::max(kept, cursor->sequence);
            return CursorReply{journal_, kept};
        }
        if (const auto* fetch = std::get_if<FetchRequest>(&request)) {
            FetchReply page{journal_, events_.empty() ? 0 : events_.begin()->first, head_, 0, {}};
            std::size_t bytes = 0;
            for (auto at = events_.upper_bound(fetch->after);
                 at != events_.end() && page.rows.size() < fetch->limit &&
                 bytes < limits::kPageBytes - limits::kRowBodyBytes;
                 ++at) {
                page.rows.push_back({at->first, at->second});
                bytes += at->second.size() + 16;
            }
            page.next = page.rows.empty() ? head_ : page.rows.back().seq;
            return page;
        }
        return DoneReply{"done"};
    }
    void reply(const Bytes& routing_id, const Bytes& frame) {
        (void)control_->send_reply(routing_id, transport::Message::copy_of(frame));
    }

    transport::Context& context_;
    MasterSecret master_;
    bool tcp_;
    transport::ZapHandler zap_;
    transport::Poller poller_;
    std::optional<transport::Socket> control_;
    std::optional<transport::Socket> feed_;
    std::string control_wanted_;
    std::string feed_wanted_;
    Id16 journal_{};
    std::map<std::uint64_t, Bytes> events_;
    std::uint64_t head_ = 0;
    std::map<Id16, std::unique_ptr<ServerSession>> sessions_;
    std::optional<SigningKey> signer_;
    std::uint64_t signer_epoch_ = 0;
    std::uint64_t nonces_ = 0;
};

/// An event of an agent with some body.
inline Event test_event(const std::string& agent = "pi-1") {
    Event event;
    event.topic = make_topic(EventClass::event, agent);
    event.time_ns = 1'700'000'000'123'456'789;
    event.agent = agent;
    event.direction = Direction::agent_to_broker;
    event.kind = EventKind::device_event;
    event.body = encode(DeviceEventBody{"under_voltage", "started"});
    return event;
}

}  // namespace pncp::testing
