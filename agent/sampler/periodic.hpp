// When something is due again, on a time handed in: groups of metrics, and searches for new devices. A plain
// value; pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pncp {

class Periodic {
  public:
    /// Due every `interval_ms`; always due with 0, never with less.
    explicit Periodic(std::int64_t interval_ms) : interval_ms_(interval_ms) {}

    [[nodiscard]] std::int64_t interval_ms() const { return interval_ms_; }

    /// True the first time, when the interval is over, and when the clock ran backwards; then the next
    /// interval has begun. A tenth of the interval (at most 1 s) early counts: whoever asks at the same
    /// interval wakes up a little late now and a little less the next time, and must not be sent away for
    /// another round.
    [[nodiscard]] bool due(std::int64_t now_ms) {
        if (interval_ms_ < 0) return false;
        const std::int64_t slack_ms = std::min<std::int64_t>(interval_ms_ / 10, 1'000);
        const bool anew = !started_ || now_ms < asked_ms_ || interval_ms_ == 0;
        asked_ms_ = now_ms;
        if (!anew && now_ms + slack_ms < next_ms_) return false;
        started_ = true;
        if (anew)
            next_ms_ = now_ms + interval_ms_;
        else  // Intervals that were slept through are not made up for.
            next_ms_ += interval_ms_ * ((now_ms + slack_ms - next_ms_) / interval_ms_ + 1);
        return true;
    }

  private:
    std::int64_t interval_ms_;
    std::int64_t next_ms_ = 0;
    std::int64_t asked_ms_ = 0;
    bool started_ = false;
};

}  // namespace pncp
