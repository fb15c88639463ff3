// A token bucket: a burst, then one every so often. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pncp::broker {

class TokenBucket {
  public:
    TokenBucket(std::uint32_t burst, std::int64_t every_ms, std::int64_t now_ms)
        : burst_(burst), every_ms_(every_ms), tokens_(burst), since_ms_(now_ms) {}

    /// False when there is none left.
    [[nodiscard]] bool take(std::int64_t now_ms) {
        refill(now_ms);
        if (tokens_ == 0) return false;
        --tokens_;
        return true;
    }
    /// Nothing was taken for so long that it need not be remembered.
    [[nodiscard]] bool full(std::int64_t now_ms) const { return tokens_ + earned(now_ms) >= burst_; }

  private:
    [[nodiscard]] std::int64_t earned(std::int64_t now_ms) const { return (now_ms - since_ms_) / every_ms_; }
    void refill(std::int64_t now_ms) {
        const std::int64_t more = earned(now_ms);
        if (more <= 0) return;
        since_ms_ += more * every_ms_;
        tokens_ = static_cast<std::uint32_t>(std::min<std::int64_t>(burst_, tokens_ + more));
    }

    std::uint32_t burst_;
    std::int64_t every_ms_;
    std::uint32_t tokens_;
    std::int64_t since_ms_;
};

}  // namespace pncp::broker
