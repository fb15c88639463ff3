// The conversation with the broker's control ROUTER, without its socket: HELLO → CHALLENGE, AUTH → READY,
// then one REQUEST → REPLY after another. Bytes, connection news and time in; actions out, to be performed in
// order. One thread.
//
//   closed ──OpenSocket, on_open()──▶ hello_sent ──CHALLENGE──▶ auth_sent ──READY──▶ idle ◀──REPLY── busy
//      ▲                                 │                         │                  │──REQUEST────▶ │
//      └── CloseSocket, then a jittered, growing pause ◀── time-out, refusal, disconnect, NO_SESSION ──┘
//
// REQ can't send twice in a row, so whatever goes wrong ends the socket (LINGER 0). The request that was
// under way is kept and sent again in the next session (unless the caller would rather ask anew): every
// request is idempotent.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "schema/control_messages.hpp"
#include "schema/key_file.hpp"
#include "schema/result.hpp"
#include "schema/session.hpp"

namespace pncp {

enum class ControlFailure : std::uint8_t {
    unreachable,   ///< nobody listens there, or the network is down
    refused,       ///< the broker does not accept this key
    wrong_broker,  ///< not the broker that issued the key, or no PNCP broker at all
    timeout,       ///< a broker is there but does not answer
    protocol,      ///< its answer is not understood
};

struct ControlProblem {
    ControlFailure failure = ControlFailure::unreachable;
    Error error;
};

/// Connect a fresh REQ socket, then call on_open().
struct OpenSocket {};
struct CloseSocket {};
struct SendFrame {
    Bytes frame;
};
/// The session is there (again); `ready` names the journal and holds the feed key.
struct SessionReady {
    Ready ready;
};
/// The answer to the request given to start().
struct Replied {
    Reply reply;
};
/// Something went wrong; the core goes on trying by itself.
struct Trouble {
    ControlProblem problem;
};
using ControlAction = std::variant<OpenSocket, CloseSocket, SendFrame, SessionReady, Replied, Trouble>;
using ControlActions = std::vector<ControlAction>;

class ControlCore {
  public:
    /// What becomes of the request under way when the session is lost.
    enum class OnLoss : std::uint8_t { resend, forget };

    /// `endpoint` is for messages and for the difference between local and remote; `seed` for the jitter.
    ControlCore(const KeyFile& key, std::string endpoint, std::uint64_t seed, OnLoss on_loss);

    /// The next request; sent as soon as there is a session. Only when not busy().
    void start(Request request, std::int64_t now_ms, ControlActions& out);
    /// Forgets the request under way; its late answer must not be taken for another's, so the socket is
    /// closed.
    void cancel(std::int64_t now_ms, ControlActions& out);
    /// Shakes hands anew at once, e.g. for another feed key.
    void renew(std::int64_t now_ms, ControlActions& out);

    /// The socket that OpenSocket asked for is there. `hello.na` must be 32 fresh random bytes; the id is set
    /// here.
    void on_open(Hello hello, std::int64_t now_ms, ControlActions& out);
    /// There is none: the endpoint is wrong, or the process is out of sockets.
    void on_open_failed(Error error, std::int64_t now_ms, ControlActions& out);
    /// One frame: the content of what REQ received.
    void on_frame(ByteView bytes, std::int64_t now_ms, ControlActions& out);
    /// The connection's own handshake (ZMTP, CURVE) has succeeded.
    void on_connected() { connected_ = true; }
    /// Its end, or why there is none.
    void on_connection_failed(ControlFailure failure, std::int64_t now_ms, ControlActions& out);
    /// Time has passed.
    void tick(std::int64_t now_ms, ControlActions& out);
    [[nodiscard]] std::int64_t wake_at_ms() const { return deadline_ms_; }

    [[nodiscard]] bool busy() const { return request_.has_value(); }
    [[nodiscard]] bool established() const { return state_ == State::idle || state_ == State::busy; }
    /// What to tell a person who has waited in vain until now.
    [[nodiscard]] ControlProblem problem_now() const;

  private:
    enum class State : std::uint8_t { closed, opening, hello_sent, auth_sent, idle, busy };

    void enter(State state, std::int64_t deadline_ms);
    void send_request(std::int64_t now_ms, ControlActions& out);
    void on_reply(const Verified& frame, std::int64_t now_ms, ControlActions& out);
    void fail(ControlProblem problem, std::int64_t now_ms, ControlActions& out);
    void close(std::int64_t now_ms, std::int64_t pause_ms, ControlActions& out);
    [[nodiscard]] std::int64_t next_pause_ms();
    [[nodiscard]] ControlProblem describe(ControlFailure failure) const;

    PeerName self_;
    bool local_;
    OnLoss on_loss_;
    std::string endpoint_;
    ClientSession session_;
    std::minstd_rand jitter_;
    State state_ = State::closed;
    std::int64_t deadline_ms_ = 0;  ///< closed: when to open; else when to give this step up
    bool connected_ = false;        ///< this socket reached something
    std::uint32_t failures_ = 0;    ///< since the last reply
    std::optional<Request> request_;
    std::optional<ControlProblem> last_;
};

}  // namespace pncp
