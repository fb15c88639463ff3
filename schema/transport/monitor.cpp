#include "schema/transport/monitor.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>

#include "schema/transport/socket_state.hpp"

namespace pncp::transport {
namespace {

constexpr int kWatchedEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED |
                               ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED;

std::optional<MonitorEvent> from_zmq(int event) {
    switch (event) {
        case ZMQ_EVENT_CONNECTED:
            return MonitorEvent::connected;
        case ZMQ_EVENT_ACCEPTED:
            return MonitorEvent::accepted;
        case ZMQ_EVENT_ACCEPT_FAILED:
            return MonitorEvent::accept_failed;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            return MonitorEvent::handshake_ok;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return MonitorEvent::handshake_failed_auth;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            return MonitorEvent::handshake_failed_no_detail;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return MonitorEvent::handshake_failed_protocol;
        case ZMQ_EVENT_DISCONNECTED:
            return MonitorEvent::disconnected;
        case ZMQ_EVENT_CLOSED:
            return MonitorEvent::closed;
        case ZMQ_EVENT_CONNECT_RETRIED:
            return MonitorEvent::retried;
        default:
            return std::nullopt;  // ZMQ_EVENT_MONITOR_STOPPED always comes along
    }
}

/// A file descriptor (of connected, accepted and the like) says nothing to a reader, and is reused by then.
bool has_meaning(MonitorEvent event) {
    return event == MonitorEvent::accept_failed || event == MonitorEvent::retried ||
           event == MonitorEvent::handshake_failed_auth ||
           event == MonitorEvent::handshake_failed_no_detail ||
           event == MonitorEvent::handshake_failed_protocol;
}

SocketOptions unbounded() {
    SocketOptions options;
    options.receive_hwm = 0;
    return options;
}

}  // namespace

std::string_view monitor_event_name(MonitorEvent event) {
    switch (event) {
        case MonitorEvent::connected:
            return "connected";
        case MonitorEvent::accepted:
            return "accepted";
        case MonitorEvent::accept_failed:
            return "accept_failed";
        case MonitorEvent::handshake_ok:
            return "handshake_ok";
        case MonitorEvent::handshake_failed_auth:
            return "handshake_failed_auth";
        case MonitorEvent::handshake_failed_no_detail:
            return "handshake_failed_no_detail";
        case MonitorEvent::handshake_failed_protocol:
            return "handshake_failed_protocol";
        case MonitorEvent::disconnected:
            return "disconnected";
        case MonitorEvent::closed:
            return "closed";
        case MonitorEvent::retried:
            return "retried";
    }
    return "unknown";
}

Monitor::Monitor(Context& context, Socket& socket)
    : watched_(socket.state_), events_(Socket::pair(context, unbounded())) {
    static std::atomic<std::uint64_t> count{0};
    const std::string endpoint = "inproc://pncp-monitor-" + std::to_string(++count);
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), kWatchedEvents) != 0 ||
        !events_.connect(endpoint)) {
        throw std::runtime_error(std::string("cannot watch a ZeroMQ socket: ") + zmq_strerror(zmq_errno()));
    }
}

Monitor::~Monitor() {
    // Without a reader libzmq's I/O thread would block on its next event, so tell it first.
    if (const auto watched = watched_.lock()) zmq_socket_monitor(watched->socket.handle(), nullptr, 0);
}

std::optional<Observation> Monitor::next() {
    // Two parts: event (16 bits) and value (32 bits) in the machine's byte order; the endpoint as text.
    std::array<Message, 2> parts;
    for (;;) {
        const ReceiveResult received = events_.receive(parts);
        if (received.status == Received::none || received.status == Received::failed) return std::nullopt;
        if (received.status == Received::refused || parts[0].size() != 6) continue;
        std::uint16_t number = 0;
        std::uint32_t value = 0;
        std::memcpy(&number, parts[0].bytes().data(), sizeof number);
        std::memcpy(&value, parts[0].bytes().data() + sizeof number, sizeof value);
        if (const auto event = from_zmq(number)) return Observation{*event, has_meaning(*event) ? value : 0};
    }
}

}  // namespace pncp::transport
