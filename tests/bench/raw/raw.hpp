// What the reference programs share: libzmq's own C interface with nothing around it, two clocks, and an end
// with a message for whatever a measurement can't go on without. One thread; nothing here is part of what is
// shipped.
#pragma once

#include <zmq.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace raw {

[[noreturn]] inline void die(const char* what) {
    std::fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
    std::exit(1);
}

inline std::int64_t clock_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}
/// Shared by all processes of this machine.
inline std::int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }
/// Of all threads of this process.
inline std::int64_t cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

inline void* context(int sockets) {
    void* made = zmq_ctx_new();
    zmq_ctx_set(made, ZMQ_MAX_SOCKETS, sockets);
    return made;
}

inline void set(void* socket, int option, int value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) die("zmq_setsockopt");
}

inline void* open(void* context, int type) {
    void* socket = zmq_socket(context, type);
    if (socket == nullptr) die("zmq_socket");
    set(socket, ZMQ_LINGER, 0);
    return socket;
}

/// Binds, and returns the endpoint with its port.
inline std::string bind(void* socket, const char* endpoint) {
    if (zmq_bind(socket, endpoint) != 0) die(endpoint);
    char bound[256];
    std::size_t size = sizeof bound;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0) die("zmq_getsockopt");
    return bound;
}

inline void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

/// Waits for a line of standard input, whose end ends the program.
inline void await_line() {
    char line[256];
    if (std::fgets(line, sizeof line, stdin) == nullptr) std::exit(0);
}

}  // namespace raw
