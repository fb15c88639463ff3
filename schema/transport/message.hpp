// One message part: the owner of one ZeroMQ message, without showing libzmq to its users.
// Threads: one at a time. Views into it live until it is sent, received into, moved from or destroyed.
#pragma once

#include <cstddef>
#include <string_view>

#include "schema/bytes.hpp"

namespace pncp::transport {

class Message {
  public:
    Message() noexcept;  ///< empty; nothing is allocated
    ~Message();
    Message(Message&& other) noexcept;
    Message& operator=(Message&& other) noexcept;
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    /// A message that holds a copy of `bytes`: up to 33 of them in place, more on the heap. Throws
    /// std::bad_alloc.
    [[nodiscard]] static Message copy_of(ByteView bytes);

    /// Another owner of the same bytes (up to 33 are copied, more are counted references), so that one frame
    /// goes out of several sockets without a copy each.
    [[nodiscard]] Message share();

    /// The content. A small received part may share libzmq's 8 KiB receive buffer: copy what is kept for
    /// long.
    [[nodiscard]] ByteView bytes() const;
    [[nodiscard]] std::size_t size() const { return bytes().size(); }
    [[nodiscard]] bool empty() const { return size() == 0; }

    /// Who sent it, as the ZapHandler named the key: "role/id/generation"; "" for ipc and inproc peers. Only
    /// the data frame (the last part) carries it reliably. A peer can't forge it on a socket with a ZAP
    /// domain.
    [[nodiscard]] std::string_view user_id() const;

    /// Where it came from: an IP address for tcp, "localhost:UID:GID:PID" as the kernel knows them for ipc,
    /// "" for inproc.
    [[nodiscard]] std::string_view peer_address() const;

  private:
    friend class Socket;
    [[nodiscard]] std::string_view property(const char* name) const;
    [[nodiscard]] void* raw() const;

    // Room for a zmq_msg_t: 64 bytes by libzmq's stable ABI, checked in message.cpp.
    alignas(8) mutable std::byte storage_[64];
};

}  // namespace pncp::transport
