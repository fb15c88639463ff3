// Waits for sockets and file descriptors (timerfd, signalfd, pidfd, pipes) together.
// Threads: the thread that owns the sockets. Lifetime: remove a socket or descriptor before closing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "schema/transport/socket.hpp"

namespace pncp::transport {

enum class Want : std::uint8_t { readable = 1, writable = 2, both = 3 };

struct Ready {
    std::uint64_t tag = 0;
    /// Reading or writing makes progress now, be it only to learn that the other end is gone.
    bool readable = false;
    bool writable = false;
};

class Poller {
  public:
    Poller();
    ~Poller();
    Poller(Poller&&) noexcept;
    Poller& operator=(Poller&&) noexcept;

    /// `tag` comes back from wait(). Adding again what is there changes its tag and what it waits for.
    void add(const Socket& socket, std::uint64_t tag, Want want = Want::readable);
    void add_fd(int fd, std::uint64_t tag, Want want = Want::readable);
    /// Nothing happens when it is not there.
    void remove(const Socket& socket);
    void remove_fd(int fd);

    /// Waits up to `timeout_ms` (-1 = for ever, 0 = only looks) and returns what is ready, in the order
    /// added; empty on time-out and when a signal interrupts. The span lives until the next call on this
    /// Poller. Throws std::logic_error when a socket was closed before it was removed: returning would make
    /// the loop spin.
    [[nodiscard]] std::span<const Ready> wait(std::int64_t timeout_ms);

  private:
    struct Items;
    std::unique_ptr<Items> items_;
};

}  // namespace pncp::transport
