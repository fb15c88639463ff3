// One socket to the broker with its monitor: CURVE on tcp, plain on ipc, which its folder's permissions
// guard. The loop's thread. Lifetime: the context and the poller outlive it; it takes itself out of the
// poller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/core/actions.hpp"
#include "schema/key_file.hpp"
#include "schema/transport/monitor.hpp"
#include "schema/transport/poller.hpp"

namespace pncp::agent {

class Connection {
  public:
    /// Begins to connect. Throws std::runtime_error when libzmq can't make a socket (too many descriptors are
    /// open).
    Connection(transport::Context& context, transport::Poller& poller, const KeyFile& key,
               const std::string& endpoint, std::uint64_t socket_tag, std::uint64_t monitor_tag);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Queues a frame. One that is not taken is dropped: whatever matters is sent again until it is
    /// acknowledged.
    void send(const Bytes& frame);

    enum class Input : std::uint8_t { none, frame, wrong_parts };
    /// Takes the next frame; its bytes are at frame() until the next call.
    [[nodiscard]] Input receive();
    [[nodiscard]] ByteView frame() const { return message_.bytes(); }

    /// The next thing that happened to the connection; nullopt when there is none for now.
    [[nodiscard]] std::optional<ConnectionEvent> next_event();

  private:
    transport::Poller& poller_;
    transport::Socket socket_;
    transport::Monitor monitor_;
    transport::Message message_;
    bool refused_ = false;  ///< the endpoint itself was not accepted
};

}  // namespace pncp::agent
