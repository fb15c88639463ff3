// What a Socket holds. For the .cpp files of schema/transport only.
#pragma once

#include <zmq.hpp>

#include "schema/transport/socket.hpp"

namespace pncp::transport {

struct Socket::State {
    State(zmq::context_t& context, int type, const SocketOptions& given);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Next bind or connect is tcp: CURVE as `options` say. An Error when they don't.
    Status secure_tcp(bool binding);
    /// Next bind or connect stays on this machine: no encryption.
    void plain_local();

    zmq::socket_t socket;
    SocketOptions options;
};

}  // namespace pncp::transport
