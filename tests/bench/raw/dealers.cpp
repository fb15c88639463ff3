// bench-dealers ENDPOINT N [BYTES [SERVER_KEY]]: the devices of bench-router. N DEALERs on one thread each
// send one message and wait for its answer; then "connected NANOSECONDS" is said, and every message is
// answered with BYTES, until standard input ends.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "raw.hpp"

namespace {

class Dealers {
  public:
    Dealers(std::size_t count, std::size_t bytes)
        : context_(raw::context(static_cast<int>(count) + 64)), body_(bytes, 'y'), answered_(count, false) {
        epoll_ = epoll_create1(0);
    }

    void connect(const char* endpoint, const char* server_key) {
        char public_key[41];
        char secret_key[41];
        if (server_key != nullptr) zmq_curve_keypair(public_key, secret_key);
        for (std::size_t i = 0; i < answered_.size(); ++i) {
            void* socket = raw::open(context_, ZMQ_DEALER);
            if (server_key != nullptr) {
                zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, 40);
                zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 40);
                zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 40);
            }
            if (zmq_connect(socket, endpoint) != 0) raw::die(endpoint);
            if (zmq_send(socket, body_.data(), body_.size(), 0) < 0) raw::die("zmq_send");
            sockets_.push_back(socket);
            watch(i);
            read(i);
        }
    }

    /// Until all have been answered once, then until standard input ends.
    void run(std::int64_t begun) {
        epoll_event input{.events = EPOLLIN, .data = {.u64 = answered_.size()}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &input);
        std::vector<epoll_event> events(1024);
        bool told = false;
        while (true) {
            if (!told && first_answers_ == answered_.size()) {
                told = true;
                raw::say("connected " + std::to_string(raw::now_ns() - begun));
            }
            const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < ready; ++i) {
                const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
                if (index == answered_.size()) return;
                read(index);
            }
        }
    }

  private:
    void watch(std::size_t index) {
        int descriptor = -1;
        std::size_t size = sizeof descriptor;
        zmq_getsockopt(sockets_[index], ZMQ_FD, &descriptor, &size);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
            std::perror("epoll_ctl");
            std::exit(1);
        }
    }

    void read(std::size_t index) {
        char text[4096];
        while (zmq_recv(sockets_[index], text, sizeof text, ZMQ_DONTWAIT) >= 0) {
            if (!answered_[index]) {
                answered_[index] = true;
                ++first_answers_;
            } else if (zmq_send(sockets_[index], body_.data(), body_.size(), 0) < 0) {
                raw::die("zmq_send");
            }
        }
    }

    void* context_;
    int epoll_ = -1;
    std::string body_;
    std::vector<void*> sockets_;
    std::vector<bool> answered_;
    std::size_t first_answers_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    Dealers dealers(std::strtoul(argv[2], nullptr, 10), argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 300);
    const std::int64_t begun = raw::now_ns();
    dealers.connect(argv[1], argc > 4 ? argv[4] : nullptr);
    dealers.run(begun);
    // What is left is the kernel's to close: ten thousand sockets take seconds.
    _exit(0);
}
