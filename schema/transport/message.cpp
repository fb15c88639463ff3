#include "schema/transport/message.hpp"

#include <cstring>
#include <new>
#include <zmq.hpp>

namespace pncp::transport {
namespace {

// libzmq's calls take a non-const pointer even to read.
zmq_msg_t* cast(void* raw) { return static_cast<zmq_msg_t*>(raw); }

}  // namespace

void* Message::raw() const { return std::launder(reinterpret_cast<zmq_msg_t*>(storage_)); }

Message::Message() noexcept {
    static_assert(sizeof(zmq_msg_t) == sizeof storage_ && alignof(zmq_msg_t) <= 8);
    zmq_msg_init(::new (static_cast<void*>(storage_)) zmq_msg_t);
}

Message::~Message() { zmq_msg_close(cast(raw())); }

Message::Message(Message&& other) noexcept : Message() { zmq_msg_move(cast(raw()), cast(other.raw())); }

Message& Message::operator=(Message&& other) noexcept {
    if (this != &other) zmq_msg_move(cast(raw()), cast(other.raw()));
    return *this;
}

Message Message::copy_of(ByteView bytes) {
    Message message;
    if (bytes.empty()) return message;
    // An empty message owns nothing, so initialising it again loses nothing.
    if (zmq_msg_init_size(cast(message.raw()), bytes.size()) != 0) {
        zmq_msg_init(cast(message.raw()));
        throw std::bad_alloc();
    }
    std::memcpy(zmq_msg_data(cast(message.raw())), bytes.data(), bytes.size());
    return message;
}

Message Message::share() {
    Message message;
    zmq_msg_copy(cast(message.raw()), cast(raw()));
    return message;
}

ByteView Message::bytes() const {
    return {static_cast<const std::uint8_t*>(zmq_msg_data(cast(raw()))), zmq_msg_size(cast(raw()))};
}

std::string_view Message::property(const char* name) const {
    const char* text = zmq_msg_gets(cast(raw()), name);
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

std::string_view Message::user_id() const { return property("User-Id"); }

std::string_view Message::peer_address() const { return property("Peer-Address"); }

}  // namespace pncp::transport
