// bench-sink ENDPOINT COUNT: a subscriber that only counts what begins with "metrics/". "first" is said at
// the first message of any kind; then, after every COUNT of them, or half a second after the last: how many
// came, and when the last did, on CLOCK_MONOTONIC.
#include <cstring>

#include "raw.hpp"

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::size_t count = std::strtoul(argv[2], nullptr, 10);
    void* context = raw::context(16);
    void* feed = raw::open(context, ZMQ_SUB);
    raw::set(feed, ZMQ_RCVHWM, 0);
    raw::set(feed, ZMQ_RCVTIMEO, 500);
    zmq_setsockopt(feed, ZMQ_SUBSCRIBE, "", 0);
    if (zmq_connect(feed, argv[1]) != 0) raw::die(argv[1]);
    bool first = true;
    std::size_t received = 0;
    std::int64_t last = 0;
    const auto tell = [&] {
        raw::say(std::to_string(received) + " " + std::to_string(last));
        received = 0;
    };
    while (true) {
        char topic[256];
        const int size = zmq_recv(feed, topic, sizeof topic, 0);
        if (size < 0) {
            if (zmq_errno() != EAGAIN) return 0;
            if (received > 0 && raw::now_ns() - last > 500'000'000) tell();
            continue;
        }
        int more = 0;
        std::size_t more_size = sizeof more;
        while (zmq_getsockopt(feed, ZMQ_RCVMORE, &more, &more_size) == 0 && more != 0) {
            zmq_msg_t part;
            zmq_msg_init(&part);
            zmq_msg_recv(&part, feed, 0);
            zmq_msg_close(&part);
        }
        if (first) raw::say("first");
        first = false;
        if (size < 8 || std::memcmp(topic, "metrics/", 8) != 0) continue;
        last = raw::now_ns();
        if (++received == count) tell();
    }
}
