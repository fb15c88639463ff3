// bench-forward ROUTER_ENDPOINT FEED_ENDPOINT: the limit of ingest. Whatever comes in is published, unsigned,
// not looked into and not kept. First line: both endpoints. Then "subscriber" for each that comes. Ends with
// SIGTERM.
#include <vector>

#include "raw.hpp"

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    void* context = raw::context(64);
    void* router = raw::open(context, ZMQ_ROUTER);
    void* feed = raw::open(context, ZMQ_XPUB);
    raw::set(feed, ZMQ_SNDHWM, 0);
    const std::string in = raw::bind(router, argv[1]);
    raw::say(in + " " + raw::bind(feed, argv[2]));
    std::vector<zmq_pollitem_t> items{{router, 0, ZMQ_POLLIN, 0}, {feed, 0, ZMQ_POLLIN, 0}};
    constexpr int kAtATime = 256;
    while (zmq_poll(items.data(), 2, -1) >= 0) {
        if ((items[1].revents & ZMQ_POLLIN) != 0) {
            char topic[256];
            if (zmq_recv(feed, topic, sizeof topic, 0) > 0 && topic[0] == 1) raw::say("subscriber");
        }
        for (int i = 0; i < kAtATime; ++i) {
            zmq_msg_t part;
            zmq_msg_init(&part);
            if (zmq_msg_recv(&part, router, ZMQ_DONTWAIT) < 0) break;
            zmq_msg_close(&part);
            zmq_msg_init(&part);
            if (zmq_msg_recv(&part, router, 0) < 0) raw::die("zmq_msg_recv");
            // As the broker's events: a topic, then the frame.
            if (zmq_send(feed, "metrics/", 8, ZMQ_SNDMORE) < 0) raw::die("zmq_send");
            if (zmq_msg_send(&part, feed, 0) < 0) raw::die("zmq_msg_send");
        }
    }
}
