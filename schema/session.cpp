#include "schema/session.hpp"

#include <algorithm>

namespace pncp {

namespace {

Id16 short_hash(std::string_view label, ByteView rest) {
    Bytes text = to_bytes(view(label));
    text.insert(text.end(), rest.begin(), rest.end());
    const Key32 digest = sha256(text);
    Id16 id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

}  // namespace

Id16 peer_handle(Role role, std::string_view id) {
    return short_hash("peer|" + std::string(role_name(role)) + "|", view(id));
}

// --- client
// ----------------------------------------------------------------------------------------------------------

ClientSession::ClientSession(PeerName self, const Key32& peer_key, const Key32& broker_id)
    : self_(std::move(self)),
      peer_key_(peer_key),
      broker_id_(broker_id),
      handshake_up_(handshake_keys(peer_key).up),
      handshake_down_(handshake_keys(peer_key).down) {}

Bytes ClientSession::hello(Hello hello) {
    hello.id = self_.id;
    na_ = hello.na;
    sent_ = 0;
    received_ = 0;
    session_ = {};
    up_.reset();
    down_.reset();
    state_ = State::hello_sent;
    return make_frame(
        {FrameType::hello, direction_up(self_.role), self_.generation, peer_handle(self_.role, self_.id), 0},
        handshake_up_, hello);
}

ClientSession::Input ClientSession::on_frame(ByteView bytes) {
    auto parsed = parse_frame(bytes);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return *refusal;
    const auto& frame = std::get<UnverifiedFrame>(parsed);
    if (frame.header.direction != direction_down(self_.role)) return Refusal::direction;
    if (frame.header.type == FrameType::challenge) return on_challenge(frame);
    if (frame.header.type == FrameType::no_session) return on_no_session(frame);

    if (state_ != State::auth_sent && state_ != State::ready) return Refusal::no_session;
    if (frame.header.session != session_) return Refusal::no_session;
    if (!frame.verify(*down_)) return Refusal::tag;
    if (frame.header.counter <= received_) return Refusal::counter;
    if (state_ == State::ready) {
        if (frame.header.type == FrameType::ready) return Refusal::role;
        received_ = frame.header.counter;
        return Verified{frame.header.type, frame.payload};
    }
    if (frame.header.type != FrameType::ready) return Refusal::role;
    auto ready = decode<Ready>(frame.payload);
    if (!ready) return Refusal::payload;
    received_ = frame.header.counter;
    state_ = State::ready;
    return Established{std::move(*ready)};
}

ClientSession::Input ClientSession::on_challenge(const UnverifiedFrame& frame) {
    if (state_ != State::hello_sent) return Refusal::role;
    if (!frame.verify(handshake_down_)) return Refusal::tag;
    if (frame.header.counter != 0) return Refusal::counter;
    const auto challenge = decode<Challenge>(frame.payload);
    if (!challenge) return Refusal::payload;
    // Without our own nonce it is the answer to another HELLO, perhaps a recorded one.
    if (challenge->id != self_.id || challenge->na != na_) return Refusal::no_session;
    session_ = challenge->session;
    const DirectionKeys keys = session_keys(peer_key_, na_, challenge->nb, session_, self_.id, broker_id_);
    up_.emplace(keys.up);
    down_.emplace(keys.down);
    state_ = State::auth_sent;
    return SendAuth{seal(FrameType::auth, Auth{self_.id})};
}

ClientSession::Input ClientSession::on_no_session(const UnverifiedFrame& frame) {
    if (state_ != State::auth_sent && state_ != State::ready) return Refusal::role;
    if (frame.header.session != session_) return Refusal::no_session;
    if (!frame.verify(handshake_down_)) return Refusal::tag;
    const auto message = decode<NoSession>(frame.payload);
    if (!message) return Refusal::payload;
    state_ = State::idle;
    return Lost{message->reason};
}

Header ClientSession::next_header(FrameType type) {
    return {type, direction_up(self_.role), self_.generation, session_, ++sent_};
}

// --- server
// ----------------------------------------------------------------------------------------------------------

std::variant<ServerSession::Begun, Refusal> ServerSession::begin(const UnverifiedFrame& frame,
                                                                 const PeerName& peer, const Key32& peer_key,
                                                                 const Key32& broker_id, const Key32& nb,
                                                                 std::int64_t now_us) {
    if (frame.header.type != FrameType::hello) return Refusal::type;
    if (frame.header.direction != direction_up(peer.role)) return Refusal::direction;
    const DirectionKeys handshake = handshake_keys(peer_key);
    SigningKey up(handshake.up);
    if (!frame.verify(up)) return Refusal::tag;
    if (frame.header.counter != 0) return Refusal::counter;
    auto hello = decode<Hello>(frame.payload);
    if (!hello || hello->id != peer.id) return Refusal::payload;

    const Id16 session = short_hash("session-id|", nb);
    Begun begun;
    begun.session.reset(
        new ServerSession(peer, session, session_keys(peer_key, hello->na, nb, session, peer.id, broker_id)));
    SigningKey down(handshake.down);
    begun.challenge = make_frame({FrameType::challenge, direction_down(peer.role), peer.generation, {}, 0},
                                 down, Challenge{peer.id, hello->na, nb, session, now_us});
    begun.hello = std::move(*hello);
    return begun;
}

std::variant<Verified, Refusal> ServerSession::on_frame(const UnverifiedFrame& frame) {
    if (frame.header.session != session_) return Refusal::no_session;
    if (frame.header.direction != direction_up(peer_.role)) return Refusal::direction;
    if (frame.header.generation != peer_.generation) return Refusal::unknown_peer;
    if (!frame.verify(up_)) return Refusal::tag;
    if (frame.header.counter <= received_) return Refusal::counter;
    const bool is_auth = frame.header.type == FrameType::auth;
    if (is_auth == proven() || frame.header.type == FrameType::hello) return Refusal::role;
    if (is_auth) {
        const auto auth = decode<Auth>(frame.payload);
        if (!auth || auth->id != peer_.id) return Refusal::payload;
    }
    received_ = frame.header.counter;
    return Verified{frame.header.type, frame.payload};
}

Header ServerSession::next_header(FrameType type) {
    return {type, direction_down(peer_.role), peer_.generation, session_, ++sent_};
}

Bytes make_no_session(const PeerName& peer, const Key32& peer_key, const Id16& session,
                      const std::string& reason) {
    SigningKey down(handshake_keys(peer_key).down);
    return make_frame({FrameType::no_session, direction_down(peer.role), peer.generation, session, 0}, down,
                      NoSession{reason});
}

}  // namespace pncp
