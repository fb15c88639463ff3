// One ZeroMQ context a process: libzmq's I/O threads and the memory shared by all sockets.
// Threads: may be used from any thread. Lifetime: outlives every Socket, Monitor and ZapHandler made from it;
// the destructor waits until they are gone.
#pragma once

#include <memory>

namespace zmq {
class context_t;
}

namespace pncp::transport {

struct ContextOptions {
    int io_threads = 1;      ///< one carries about a gigabit a second
    int max_sockets = 1023;  ///< libzmq's default; a swarm of N agents in one process needs N and a few more
};

class Context {
  public:
    /// Seeds rand() from the kernel's random source first: libzmq's automatic routing ids start from it, and
    /// a stranger who can guess them can claim the next one. Throws std::runtime_error when the kernel
    /// refuses what was asked.
    explicit Context(const ContextOptions& options = {});
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

  private:
    friend class Socket;
    std::unique_ptr<zmq::context_t> context_;
};

}  // namespace pncp::transport
