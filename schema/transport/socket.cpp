#include "schema/transport/socket.hpp"

#include <array>
#include <cerrno>

#include "schema/transport/socket_state.hpp"

namespace pncp::transport {
namespace {

zmq_msg_t* cast(void* raw) { return static_cast<zmq_msg_t*>(raw); }

int receive_part(void* socket, zmq_msg_t* part) {
    int bytes = -1;
    do bytes = zmq_msg_recv(part, socket, ZMQ_DONTWAIT);
    while (bytes < 0 && errno == EINTR);
    return bytes;
}

int send_part(void* socket, zmq_msg_t* part, bool more) {
    int bytes = -1;
    do bytes = zmq_msg_send(part, socket, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
    while (bytes < 0 && errno == EINTR);
    return bytes;
}

/// libzmq hands out whole messages only, so the parts left are here already: no waiting, one part in memory
/// at a time.
std::size_t drain(void* socket) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    std::size_t drained = 0;
    bool more = true;
    while (more && receive_part(socket, &part) >= 0) {
        ++drained;
        more = zmq_msg_more(&part) != 0;
    }
    zmq_msg_close(&part);
    return drained;
}

}  // namespace

Socket::Socket(Context& context, int type, const SocketOptions& options)
    : state_(std::make_shared<State>(*context.context_, type, options)) {}
Socket::~Socket() = default;
Socket::Socket(Socket&& other) noexcept = default;
Socket& Socket::operator=(Socket&& other) noexcept = default;

Socket Socket::router(Context& context, const SocketOptions& options) {
    return {context, ZMQ_ROUTER, options};
}
Socket Socket::dealer(Context& context, const SocketOptions& options) {
    return {context, ZMQ_DEALER, options};
}
Socket Socket::pub(Context& context, const SocketOptions& options) { return {context, ZMQ_PUB, options}; }
Socket Socket::xpub(Context& context, const SocketOptions& options) { return {context, ZMQ_XPUB, options}; }
Socket Socket::sub(Context& context, const SocketOptions& options) { return {context, ZMQ_SUB, options}; }
Socket Socket::req(Context& context, const SocketOptions& options) { return {context, ZMQ_REQ, options}; }
Socket Socket::pair(Context& context, const SocketOptions& options) { return {context, ZMQ_PAIR, options}; }

void* Socket::handle() const { return state_->socket.handle(); }

ReceiveResult Socket::receive(std::span<Message> parts) { return receive(parts, parts.size()); }

ReceiveResult Socket::receive(std::span<Message> parts, std::size_t at_least) {
    std::size_t count = 0;
    bool more = true;
    while (more && count < parts.size()) {
        zmq_msg_t* part = cast(parts[count].raw());
        if (receive_part(handle(), part) < 0) {
            if (count == 0) return {errno == EAGAIN ? Received::none : Received::failed, 0};
            break;  // cut short: refused below
        }
        ++count;
        more = zmq_msg_more(part) != 0;
    }
    if (!more && count >= at_least) {
        for (Message& unused : parts.subspan(count)) unused = Message{};
        return {Received::message, count};
    }
    if (more) count += drain(handle());
    for (Message& part : parts) part = Message{};
    return {Received::refused, count};
}

int Socket::descriptor() const { return state_->socket.get(zmq::sockopt::fd); }

Socket::Readiness Socket::readiness() const {
    const int events = state_->socket.get(zmq::sockopt::events);
    return {(events & ZMQ_POLLIN) != 0, (events & ZMQ_POLLOUT) != 0};
}

Sent Socket::send(std::span<Message> parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (send_part(handle(), cast(parts[i].raw()), i + 1 < parts.size()) >= 0) continue;
        // Only the first part can be refused: libzmq reserves room for the whole message with it.
        if (errno == EAGAIN) return Sent::would_block;
        return errno == EHOSTUNREACH ? Sent::unreachable : Sent::failed;
    }
    return Sent::ok;
}

Sent Socket::send(Message&& frame) { return send(std::span<Message>(&frame, 1)); }

Sent Socket::send(ByteView first, Message&& frame) {
    std::array<Message, 2> parts{Message::copy_of(first), std::move(frame)};
    const Sent sent = send(parts);
    if (sent != Sent::ok) frame = std::move(parts[1]);
    return sent;
}

Sent Socket::send_reply(ByteView routing_id, Message&& frame) {
    std::array<Message, 3> parts{Message::copy_of(routing_id), Message{}, std::move(frame)};
    const Sent sent = send(parts);
    if (sent != Sent::ok) frame = std::move(parts[2]);
    return sent;
}

}  // namespace pncp::transport
