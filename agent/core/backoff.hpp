// Pauses between attempts: each may be twice as long as the one before, and is drawn at random below that
// (full jitter), so that a fleet that lost its broker at one instant does not come back at one instant. Pure:
// the random numbers come from a generator seeded at construction. One thread.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pncp::agent {

class Backoff {
  public:
    /// A broker restarts in well under a second, so half a second is the first ceiling.
    static constexpr std::int64_t kFirstMs = 500;
    /// Ten thousand agents at 30 s are 333 attempts a second, which a broker answers in passing.
    static constexpr std::int64_t kLongestMs = 30'000;
    /// Even a lucky draw leaves the machine and the broker a moment.
    static constexpr std::int64_t kShortestMs = 50;

    explicit Backoff(std::uint64_t seed) : state_(seed) {}

    /// How long to wait before the next attempt, from kShortestMs to ceiling_ms(); the ceiling then doubles.
    [[nodiscard]] std::int64_t next_pause_ms() {
        const auto span = static_cast<std::uint64_t>(ceiling_ms_ - kShortestMs + 1);
        const auto pause = kShortestMs + static_cast<std::int64_t>(random() % span);
        ceiling_ms_ = std::min(2 * ceiling_ms_, kLongestMs);
        return pause;
    }

    /// After a connection that lasted.
    void reset() { ceiling_ms_ = kFirstMs; }

    [[nodiscard]] std::int64_t ceiling_ms() const { return ceiling_ms_; }

  private:
    // SplitMix64: one multiplication chain, good enough for jitter, and the same on every platform.
    std::uint64_t random() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    std::uint64_t state_;
    std::int64_t ceiling_ms_ = kFirstMs;
};

}  // namespace pncp::agent
