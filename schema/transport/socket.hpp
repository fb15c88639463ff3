// A ZeroMQ socket that never blocks and never takes more than it asked for.
// Threads: one thread owns a socket for life (libzmq's rule; handing it over once, before use, is fine).
// Lifetime: the Context outlives it; a Poller must forget it (remove) before it is destroyed. Moving keeps it
// valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/result.hpp"
#include "schema/transport/context.hpp"
#include "schema/transport/message.hpp"
#include "schema/transport/options.hpp"

namespace pncp::transport {

enum class Received : std::uint8_t {
    none,     ///< nothing waits
    message,  ///< the parts are filled
    refused,  ///< a message with another number of parts was drained; nothing of it is kept
    failed,   ///< a fault of this program's own: the context is closing, or a REQ has not asked
};

struct ReceiveResult {
    Received status = Received::none;
    std::size_t parts = 0;  ///< parts of the message read, also of a refused one
};

enum class Sent : std::uint8_t {
    ok,           ///< queued (a PUB may still drop it for a subscriber that is too slow)
    would_block,  ///< the queue is full, or no peer is connected yet
    unreachable,  ///< ROUTER: no such peer, or it is gone
    failed,       ///< a fault of this program's own: the context is closing, or a REQ asked twice
};

class Socket {
  public:
    /// Each throws std::runtime_error when libzmq can't make another socket (too many are open).
    [[nodiscard]] static Socket router(Context& context, const SocketOptions& options);
    [[nodiscard]] static Socket dealer(Context& context, const SocketOptions& options);
    [[nodiscard]] static Socket pub(Context& context, const SocketOptions& options);
    /// A PUB that also hands out what is asked of it: receive() gives one part, 1 or 0 and the topic, for
    /// each topic that a connection subscribes to or gives up (also by going away, then without a user_id()).
    [[nodiscard]] static Socket xpub(Context& context, const SocketOptions& options);
    /// Never `immediate`: with it libzmq aborts the process when a connection is lost while a message of
    /// several parts is being read. What had arrived when the connection was lost can still be received.
    [[nodiscard]] static Socket sub(Context& context, const SocketOptions& options);
    [[nodiscard]] static Socket req(Context& context, const SocketOptions& options);
    /// One end of a queue between two threads of this process (inproc).
    [[nodiscard]] static Socket pair(Context& context, const SocketOptions& options = {});

    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Listens. Security goes by the endpoint, whatever the order: tcp gets CURVE and ZAP, ipc gets ZAP as
    /// a local peer; lacking keys or ZAP domain are errors. Binding an ipc path that is bound already steals
    /// it, so take a lock first.
    Status bind(const std::string& endpoint);
    /// Dials; libzmq connects in the background and keeps trying. tcp needs `CurveClient`.
    Status connect(const std::string& endpoint);
    /// Stops listening (an endpoint as last_endpoint() gave it); connected peers stay.
    Status unbind(const std::string& endpoint);
    Status disconnect(const std::string& endpoint);
    /// What the last bind or connect came to: the port for "tcp://127.0.0.1:*".
    [[nodiscard]] std::string last_endpoint() const;

    /// SUB: topics that start with these bytes.
    Status subscribe(std::string_view prefix);
    Status unsubscribe(std::string_view prefix);

    /// Takes the next message without waiting: exactly `parts.size()` parts, or, with `at_least`, that many
    /// or more. Other counts are drained and `refused`. Parts are reused, so a loop keeps one array for good;
    /// those that were not filled are empty.
    [[nodiscard]] ReceiveResult receive(std::span<Message> parts);
    [[nodiscard]] ReceiveResult receive(std::span<Message> parts, std::size_t at_least);

    /// Queues all parts as one message without waiting. Unless `ok`, nothing was sent and the parts are
    /// untouched; on `ok` they are empty.
    [[nodiscard]] Sent send(std::span<Message> parts);
    [[nodiscard]] Sent send(Message&& frame);
    /// [routing id, frame] of a ROUTER, or [topic, frame] of a PUB.
    [[nodiscard]] Sent send(ByteView first, Message&& frame);
    /// [routing id, empty, frame]: a ROUTER's answer to a REQ.
    [[nodiscard]] Sent send_reply(ByteView routing_id, Message&& frame);

    /// For an epoll of one's own over thousands of sockets: readable when something may have happened. Then
    /// ask readiness(), and receive() until `none`; also after every send(), which may take the sign away.
    [[nodiscard]] int descriptor() const;
    struct Readiness {
        bool readable = false;
        bool writable = false;  ///< with `immediate`, a DEALER is writable exactly while it is connected
    };
    [[nodiscard]] Readiness readiness() const;

  private:
    friend class Monitor;
    friend class Poller;
    struct State;
    Socket(Context& context, int type, const SocketOptions& options);
    [[nodiscard]] void* handle() const;

    std::shared_ptr<State> state_;  ///< shared only with a Monitor's weak reference
};

}  // namespace pncp::transport
