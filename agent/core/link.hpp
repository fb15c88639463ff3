// The way to the broker: when to open a socket, when to greet, when to give up and begin again. It owns the
// session and knows nothing of rows and commands. Pure: time and nonces are arguments, jitter comes from a
// seed. One thread.
//
//   closed ──start()──▶ connecting ──connected──▶ greeting ──CHALLENGE──▶ proving ──READY──▶ ready
//                           ▲                        │ (HELLO again after 5 s)  │               │
//                           └─────── pausing ◀───────┴──────────────────────────┴───────────────┘
//                                                too slow, broken, refused, silent or NO_SESSION
//
// Every failure closes the socket and opens a fresh one after a pause (schema/PROTOCOL.md says why), and is
// told once an outage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agent/core/actions.hpp"
#include "agent/core/backoff.hpp"
#include "schema/session.hpp"

namespace pncp::agent {

class Link {
  public:
    /// An attempt to connect that has shown no result; TCP alone would wait two minutes for a host that is
    /// gone.
    static constexpr std::int64_t kConnectTimeoutMs = 10'000;
    static constexpr std::int64_t kHelloAgainMs = 5'000;
    static constexpr int kHellosPerSocket = 2;
    /// A session that lasted this long ends the growing of the pauses. Shorter ones don't, or two devices
    /// that share one key file would throw each other out twice a second for ever.
    static constexpr std::int64_t kLastingMs = 30'000;

    enum class Phase : std::uint8_t { closed, pausing, connecting, greeting, proving, ready };
    /// What a frame was: a verified message for the core, the start of the session, or nothing more to do.
    using Inbound = std::variant<std::monostate, Ready, Verified>;

    Link(const PeerName& self, const Key32& key, const Key32& broker, std::string endpoint,
         std::uint64_t seed);

    void start(std::int64_t now_ms, Actions& actions);
    void on_connection(ConnectionEvent event, std::int64_t now_ms, Actions& actions);
    [[nodiscard]] Inbound on_frame(ByteView frame, std::int64_t now_ms, Actions& actions);
    void on_timer(std::int64_t now_ms, Actions& actions);

    /// True when a HELLO is due: the caller then gives one, with a fresh nonce, to say_hello().
    [[nodiscard]] bool hello_due(std::int64_t now_ms) const;
    void say_hello(Hello hello, std::int64_t now_ms, Actions& actions);

    /// True when nothing was said, or nothing heard, for limits::kHeartbeatMs.
    [[nodiscard]] bool heartbeat_due(std::int64_t now_ms) const;
    void say_heartbeat(const Clock& now, Actions& actions);

    /// A frame of the session; ready() is true.
    template <typename Message>
    void say(FrameType type, const Message& message, std::int64_t now_ms, Actions& actions) {
        said_ms_ = now_ms;
        actions.emplace_back(Send{session_.seal(type, message)});
    }

    /// Begins again at once, on a fresh socket, with the next generation of the key.
    void change_key(const PeerName& self, const Key32& key, const Key32& broker, std::int64_t now_ms,
                    Actions& actions);

    /// Another session on the same connection: HELLO is due at once.
    void greet_again(std::int64_t now_ms);

    /// Closes the socket for good.
    void stop(Actions& actions);

    [[nodiscard]] bool ready() const { return phase_ == Phase::ready; }
    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;
    /// Frames refused since the start.
    [[nodiscard]] std::uint64_t refused(Refusal refusal) const {
        return refused_[static_cast<std::size_t>(refusal)];
    }
    void refuse(Refusal refusal, std::int64_t now_ms, Actions& actions);

  private:
    enum class Trouble : std::uint8_t {
        unreachable,
        lost,
        silent,
        refused_key,
        cut_short,  ///< may be nothing: not told
        wrong_broker,
        no_answer,
        no_session,
    };
    void begin_again(Trouble trouble, std::string_view detail, std::int64_t now_ms, Actions& actions);
    void tell(Trouble trouble, std::string_view detail, Actions& actions);
    [[nodiscard]] std::string explain(Trouble trouble, std::string_view detail) const;
    void established(std::int64_t now_ms, Actions& actions);
    [[nodiscard]] std::int64_t heartbeat_at_ms() const;

    ClientSession session_;
    std::string endpoint_;
    Backoff backoff_;
    Phase phase_ = Phase::closed;
    std::int64_t deadline_ms_ = 0;  ///< of the phase; in `ready`, see heard_ms_
    int hellos_ = 0;
    std::int64_t ready_since_ms_ = 0;
    std::int64_t heard_ms_ = 0;
    std::int64_t said_ms_ = 0;
    std::int64_t heartbeat_ms_ = 0;
    int cut_short_ = 0;  ///< handshakes in a row that ended without a reason
    unsigned told_ = 0;  ///< one bit a Trouble, since the last session
    std::uint64_t refused_[kRefusals] = {};
    log::Every refusals_logged_;
};

}  // namespace pncp::agent
