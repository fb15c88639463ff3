// What a socket is made with. Defaults are the protocol's; see schema/PROTOCOL.md.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "schema/bytes.hpp"
#include "schema/limits.hpp"

namespace pncp::transport {

/// The broker's side of CURVE: its secret key. Who may come in is the ZapHandler's to say.
struct CurveServer {
    Key32 secret{};
};

/// A peer's side of CURVE: its own key pair and the key the broker must prove to hold.
struct CurveClient {
    Key32 secret{};
    Key32 own_public{};
    Key32 server_public{};
};

/// CURVE applies to tcp endpoints and only to them; a socket may bind or connect ipc and tcp in any order.
using Curve = std::variant<std::monostate, CurveServer, CurveClient>;

struct SocketOptions {
    Curve curve;  ///< without it every tcp endpoint is refused: there is no plain tcp in PNCP
    /// Sockets that bind: "agents", "control" or "feed"; a tcp or ipc bind without one is refused. Others
    /// have none.
    std::string zap_domain;

    int send_hwm = 1'000;     ///< messages queued per peer before would_block (PUB: before they are dropped)
    int receive_hwm = 1'000;  ///< messages queued per peer before it is made to wait; 0 = no bound
    /// Longest part, before encryption; a peer that sends a longer one is disconnected by libzmq.
    std::size_t max_message_bytes = limits::kFrameBytes;

    /// How long closing waits for unsent messages. Never by default: what matters is acknowledged and sent
    /// again.
    int linger_ms = 0;
    /// Queue only on connections whose handshake is done: before that a send is would_block, not a message in
    /// limbo. Not for SUB, see Socket::sub().
    bool immediate = true;
    /// First and longest pause of libzmq's own reconnecting; a dead broker at the default 100 ms costs 40
    /// times the CPU.
    int reconnect_ivl_ms = 100;
    int reconnect_ivl_max_ms = 30'000;
    /// A connection that has not finished its handshake by then is closed.
    int handshake_ivl_ms = static_cast<int>(limits::kHandshakeTimeoutMs);
    bool tcp_keepalive = true;  ///< a peer that vanished without a word is noticed within two minutes
    bool ipv6 = false;  ///< listen on or resolve to IPv6 as well; bracketed addresses do so by themselves
    /// Permissions of a bound Unix socket. Connecting needs write permission, and libzmq leaves 0755.
    unsigned ipc_mode = 0660;

    bool router_mandatory =
        true;  ///< ROUTER: a send to a peer that is gone is `unreachable`, not lost silently
    bool router_handover = false;  ///< ROUTER: a peer may not take over another's routing id
};

}  // namespace pncp::transport
