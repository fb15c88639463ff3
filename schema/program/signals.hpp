// Signals as events of the loop: SIGINT, SIGTERM and SIGHUP are blocked and read from a descriptor, SIGPIPE
// is ignored. Thread rule: made in main before any thread starts, so that every thread inherits the mask.
// Lives as long as main.
#pragma once

#include <optional>

#include "schema/result.hpp"

namespace pncp {

class Signals {
  public:
    /// Blocks the signals and opens the descriptor.
    [[nodiscard]] static Result<Signals> open();

    Signals(Signals&& other) noexcept;
    Signals& operator=(Signals&&) = delete;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

    /// Readable when a signal waits; close-on-exec, non-blocking.
    [[nodiscard]] int fd() const { return fd_; }

    /// The next signal that waits (SIGINT, SIGTERM or SIGHUP), or nullopt. Never blocks.
    [[nodiscard]] std::optional<int> next();

  private:
    explicit Signals(int fd) : fd_(fd) {}
    int fd_;
};

/// Gives a child between fork and exec an empty mask and default actions back, both of which exec would hand
/// on. Async-signal-safe.
void reset_signals_in_child();

}  // namespace pncp
