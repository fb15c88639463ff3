// bench-flood ENDPOINT SENDERS COUNT BYTES: COUNT messages by SENDERS DEALERs in turn, as fast as they are
// taken, at each line of standard input; it answers with when it began, on CLOCK_MONOTONIC.
#include <vector>

#include "raw.hpp"

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const std::size_t senders = std::strtoul(argv[2], nullptr, 10);
    const std::size_t count = std::strtoul(argv[3], nullptr, 10);
    const std::string body(std::strtoul(argv[4], nullptr, 10), 'm');
    void* context = raw::context(static_cast<int>(senders) + 64);
    std::vector<void*> sockets;
    for (std::size_t i = 0; i < senders; ++i) {
        sockets.push_back(raw::open(context, ZMQ_DEALER));
        if (zmq_connect(sockets.back(), argv[1]) != 0) raw::die(argv[1]);
    }
    raw::say("ready");
    while (true) {
        raw::await_line();
        raw::say(std::to_string(raw::now_ns()));
        for (std::size_t i = 0; i < count; ++i)
            if (zmq_send(sockets[i % senders], body.data(), body.size(), 0) < 0) raw::die("zmq_send");
    }
}
