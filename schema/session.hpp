// The session, both sides: HELLO, CHALLENGE, AUTH, READY, then counted frames. Bytes in, bytes out: no
// socket, no clock, no randomness (nonces are arguments). One thread a session.
//
//   client            idle ──hello()──▶ hello_sent ──CHALLENGE──▶ auth_sent ──READY──▶ ready ──NO_SESSION──▶
//   idle server   begin(HELLO) ▶ challenged ──AUTH──▶ proven ──(READY goes out)──▶ frames until it is retired
//
// The client checks its own nonce `na` in CHALLENGE: the broker is live and holds the master secret. The
// server checks AUTH under the session key: the peer is live and holds its key. Only then does the server
// bind anything to the peer.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/frame.hpp"
#include "schema/keys.hpp"

namespace pncp {

/// A verified frame; `payload` points into the bytes handed in.
struct Verified {
    FrameType type;
    ByteView payload;
};

class ClientSession {
  public:
    enum class State : std::uint8_t { idle, hello_sent, auth_sent, ready };

    struct SendAuth {
        Bytes frame;  ///< to be sent at once
    };
    struct Established {
        Ready ready;
    };
    struct Lost {
        std::string reason;  ///< NO_SESSION: open a fresh socket and begin again
    };
    using Input = std::variant<SendAuth, Established, Verified, Lost, Refusal>;

    ClientSession(PeerName self, const Key32& peer_key, const Key32& broker_id);

    /// Begins anew: the HELLO frame. `hello.id` is set here; `hello.na` must be 32 fresh random bytes.
    [[nodiscard]] Bytes hello(Hello hello);

    /// Takes one frame from the broker. A Refusal changes nothing: the frame may be a stranger's or an old
    /// one.
    [[nodiscard]] Input on_frame(ByteView bytes);

    /// A frame under the session key with the next counter; only when ready().
    template <typename Message>
    [[nodiscard]] Bytes seal(FrameType type, const Message& message) {
        return make_frame(next_header(type), *up_, message);
    }

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool ready() const { return state_ == State::ready; }
    [[nodiscard]] const PeerName& self() const { return self_; }
    void reset() { state_ = State::idle; }

  private:
    [[nodiscard]] Input on_challenge(const UnverifiedFrame& frame);
    [[nodiscard]] Input on_no_session(const UnverifiedFrame& frame);
    [[nodiscard]] Header next_header(FrameType type);

    PeerName self_;
    Key32 peer_key_;
    Key32 broker_id_;
    SigningKey handshake_up_;
    SigningKey handshake_down_;
    State state_ = State::idle;
    Key32 na_{};
    Id16 session_{};
    std::optional<SigningKey> up_;
    std::optional<SigningKey> down_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
};

class ServerSession {
  public:
    struct Begun {
        std::unique_ptr<ServerSession> session;
        Hello hello;
        Bytes challenge;  ///< to be sent back
    };

    /// Verifies a HELLO of `peer` (as its header says and its id claims) and answers it.
    /// `nb`: 32 fresh random bytes, from which the session id is derived too.
    [[nodiscard]] static std::variant<Begun, Refusal> begin(const UnverifiedFrame& frame,
                                                            const PeerName& peer, const Key32& peer_key,
                                                            const Key32& broker_id, const Key32& nb,
                                                            std::int64_t now_us);

    /// Takes a frame that bears this session's id. The first must be AUTH, and later none may be.
    [[nodiscard]] std::variant<Verified, Refusal> on_frame(const UnverifiedFrame& frame);

    template <typename Message>
    [[nodiscard]] Bytes seal(FrameType type, const Message& message) {
        return make_frame(next_header(type), down_, message);
    }

    [[nodiscard]] bool proven() const { return received_ > 0; }
    [[nodiscard]] const Id16& id() const { return session_; }
    [[nodiscard]] const PeerName& peer() const { return peer_; }

  private:
    ServerSession(PeerName peer, const Id16& session, const DirectionKeys& keys)
        : peer_(std::move(peer)), session_(session), up_(keys.up), down_(keys.down) {}
    [[nodiscard]] Header next_header(FrameType type);

    PeerName peer_;
    Id16 session_;
    SigningKey up_;
    SigningKey down_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
};

/// What stands in the session field of a HELLO: SHA-256("peer|" role "|" id) cut to 16 bytes. It says which
/// key the tag is to be checked with, so that no unverified byte has to be decoded to find out.
[[nodiscard]] Id16 peer_handle(Role role, std::string_view id);

/// Tells a peer that the broker does not know its session (any more). Tagged with the handshake-down key.
[[nodiscard]] Bytes make_no_session(const PeerName& peer, const Key32& peer_key, const Id16& session,
                                    const std::string& reason);

}  // namespace pncp
