#include "agent/app/connection.hpp"

#include <utility>

#include "schema/crypto.hpp"
#include "schema/keys.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

/// Every BATCH of the window, twice, and as many small frames: past that the broker has stopped reading.
constexpr int kSendHwm = 64;
constexpr int kReceiveHwm = 64;
/// The core decides when to try again, so libzmq's own attempt on the same socket comes after that.
constexpr int kReconnectMs = 60'000;

transport::SocketOptions options(const KeyFile& key) {
    const Key32 secret = peer_curve_secret(key.key);
    transport::SocketOptions made;
    made.curve = transport::CurveClient{secret, curve_public_key(secret), key.broker};
    made.send_hwm = kSendHwm;
    made.receive_hwm = kReceiveHwm;
    made.reconnect_ivl_ms = kReconnectMs;
    made.reconnect_ivl_max_ms = 0;
    return made;
}

std::optional<ConnectionEvent> translate(transport::MonitorEvent event) {
    switch (event) {
        case transport::MonitorEvent::handshake_ok:
            return ConnectionEvent::connected;
        case transport::MonitorEvent::handshake_failed_auth:
            return ConnectionEvent::refused_key;
        case transport::MonitorEvent::handshake_failed_no_detail:
        case transport::MonitorEvent::handshake_failed_protocol:
            return ConnectionEvent::wrong_broker;
        case transport::MonitorEvent::disconnected:
            return ConnectionEvent::disconnected;
        case transport::MonitorEvent::retried:
            return ConnectionEvent::unreachable;
        case transport::MonitorEvent::connected:
        case transport::MonitorEvent::accepted:
        case transport::MonitorEvent::accept_failed:
        case transport::MonitorEvent::closed:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Connection::Connection(transport::Context& context, transport::Poller& poller, const KeyFile& key,
                       const std::string& endpoint, std::uint64_t socket_tag, std::uint64_t monitor_tag)
    : poller_(poller), socket_(transport::Socket::dealer(context, options(key))), monitor_(context, socket_) {
    poller_.add(socket_, socket_tag);
    poller_.add(monitor_.socket(), monitor_tag);
    refused_ = !socket_.connect(endpoint);
}

Connection::~Connection() {
    poller_.remove(monitor_.socket());
    poller_.remove(socket_);
}

void Connection::send(const Bytes& frame) {
    [[maybe_unused]] const auto sent = socket_.send(transport::Message::copy_of(frame));
}

Connection::Input Connection::receive() {
    const auto result = socket_.receive({&message_, 1});
    switch (result.status) {
        case transport::Received::message:
            return Input::frame;
        case transport::Received::refused:
            return Input::wrong_parts;
        case transport::Received::none:
        case transport::Received::failed:
            return Input::none;
    }
    return Input::none;
}

std::optional<ConnectionEvent> Connection::next_event() {
    if (std::exchange(refused_, false)) return ConnectionEvent::unreachable;
    while (const auto seen = monitor_.next())
        if (const auto event = translate(seen->event)) return event;
    return std::nullopt;
}

}  // namespace pncp::agent
