// What happens to a socket's connections: libzmq's socket monitor as an enum, read without blocking.
// Threads: the thread that owns the socket. Lifetime: either may be destroyed first; after the socket is gone
// nothing more arrives. Read it to the end whenever it is ready, because its queue has no bound (a bounded
// one would block libzmq's I/O thread, and with it every connection).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "schema/transport/socket.hpp"

namespace pncp::transport {

enum class MonitorEvent : std::uint8_t {
    connected,      ///< dialled out and got through; the handshake follows
    accepted,       ///< somebody dialled in; the handshake follows
    accept_failed,  ///< value = errno; EMFILE means too few file descriptors
    handshake_ok,
    handshake_failed_auth,  ///< the other side does not accept our key; libzmq will not try again by itself
    handshake_failed_no_detail,  ///< cut off in mid-handshake: wrong broker key, or the other side speaks
                                 ///< plain tcp
    handshake_failed_protocol,   ///< the other side is no ZeroMQ peer, or uses another mechanism
    disconnected,
    closed,   ///< a connection attempt or a listener ended
    retried,  ///< value = milliseconds until libzmq dials again
};

/// "handshake_failed_auth" and so on, for logs.
[[nodiscard]] std::string_view monitor_event_name(MonitorEvent event);

struct Observation {
    MonitorEvent event = MonitorEvent::closed;
    std::uint32_t value = 0;  ///< meaning depends on the event; 0 where it says nothing
};

class Monitor {
  public:
    /// Watches `socket`, which has no other Monitor; make it before bind or connect to miss nothing. Throws
    /// std::runtime_error when libzmq can't make another socket.
    Monitor(Context& context, Socket& socket);
    ~Monitor();
    Monitor(Monitor&&) noexcept = default;
    Monitor& operator=(Monitor&&) = delete;

    /// The next observation, or nullopt when there is none for now.
    [[nodiscard]] std::optional<Observation> next();

    /// For Poller::add.
    [[nodiscard]] const Socket& socket() const { return events_; }

  private:
    std::weak_ptr<Socket::State> watched_;
    Socket events_;
};

}  // namespace pncp::transport
