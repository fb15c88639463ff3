// bench-router ENDPOINT N [BYTES [ASK_ENDPOINT | curve]]: the limit of a command round. Takes one message of
// each of N DEALERs and answers it; says "ready"; then at each line of standard input, or each question at
// ASK_ENDPOINT (REP), sends BYTES to all and waits for all answers, and answers with the nanoseconds that
// took and those of CPU. Nothing is decoded, signed or kept. First line: "ENDPOINT [PUBLIC_KEY]".
#include <unistd.h>

#include <vector>

#include "raw.hpp"

namespace {

using Id = std::string;

Id take(void* router) {
    char id[256];
    const int size = zmq_recv(router, id, sizeof id, 0);
    if (size < 0) raw::die("zmq_recv");
    zmq_msg_t body;
    zmq_msg_init(&body);
    if (zmq_msg_recv(&body, router, 0) < 0) raw::die("zmq_msg_recv");
    zmq_msg_close(&body);
    return {id, static_cast<std::size_t>(size)};
}

void give(void* router, const Id& id, const std::string& body) {
    if (zmq_send(router, id.data(), id.size(), ZMQ_SNDMORE) < 0) raw::die("zmq_send");
    if (zmq_send(router, body.data(), body.size(), 0) < 0) raw::die("zmq_send");
}

/// "NANOSECONDS CPU_NANOSECONDS"
std::string round(void* router, const std::vector<Id>& ids, const std::string& body) {
    const std::int64_t cpu = raw::cpu_ns();
    const std::int64_t begun = raw::now_ns();
    for (const Id& id : ids) give(router, id, body);
    for (std::size_t i = 0; i < ids.size(); ++i) take(router);
    const std::int64_t took = raw::now_ns() - begun;
    return std::to_string(took) + " " + std::to_string(raw::cpu_ns() - cpu);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::size_t count = std::strtoul(argv[2], nullptr, 10);
    const std::string body(argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 100, 'x');
    void* context = raw::context(64);
    void* router = raw::open(context, ZMQ_ROUTER);
    std::string line;
    const std::string more = argc > 4 ? argv[4] : "";
    void* asked = nullptr;
    if (more == "curve") {
        char public_key[41];
        char secret_key[41];
        if (zmq_curve_keypair(public_key, secret_key) != 0) raw::die("zmq_curve_keypair");
        raw::set(router, ZMQ_CURVE_SERVER, 1);
        zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, 40);
        line = std::string(" ") + public_key;
    } else if (!more.empty()) {
        asked = raw::open(context, ZMQ_REP);
        raw::bind(asked, more.c_str());
    }
    raw::set(router, ZMQ_BACKLOG, 4096);
    raw::say(raw::bind(router, argv[1]) + line);
    std::vector<Id> ids;
    while (ids.size() < count) {
        ids.push_back(take(router));
        give(router, ids.back(), body);
    }
    raw::say("ready");
    zmq_pollitem_t items[] = {{nullptr, STDIN_FILENO, ZMQ_POLLIN, 0}, {asked, -1, ZMQ_POLLIN, 0}};
    while (zmq_poll(items, asked == nullptr ? 1 : 2, -1) >= 0) {
        if (items[0].revents != 0) {
            raw::await_line();
            raw::say(round(router, ids, body));
        }
        if (items[1].revents != 0) {
            char question[4096];
            if (zmq_recv(asked, question, sizeof question, 0) < 0) raw::die("zmq_recv");
            const std::string answer = round(router, ids, body);
            if (zmq_send(asked, answer.data(), answer.size(), 0) < 0) raw::die("zmq_send");
        }
    }
}
