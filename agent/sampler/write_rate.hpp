// How fast a counter of written bytes grows, over days, and what that means for the life of a card. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace pncp {

class WriteRate {
  public:
    /// One reading of a counter, at a time that only grows. A counter that fell from its upper half wrapped
    /// at 2^32 sectors of 512 bytes, where 32-bit kernels do; one that fell otherwise belongs to another
    /// card, or the time ran backwards: then everything begins anew.
    void add(std::int64_t now_ms, std::int64_t bytes);

    /// Bytes a day since the first reading, older ones counting for less after two weeks; nullopt in the
    /// first hour.
    [[nodiscard]] std::optional<double> bytes_a_day() const;

  private:
    bool started_ = false;
    std::int64_t at_ms_ = 0;
    std::int64_t bytes_ = 0;
    double seen_ms_ = 0;
    double written_ = 0;
};

/// Days until a card that was written `written_bytes` in its life has been written `endurance_tb` terabytes
/// (10^12); 0 once it has. nullopt without an endurance, without a rate, and for a rate of 0 or a time beyond
/// 1,000 years.
[[nodiscard]] std::optional<double> days_left(double endurance_tb, std::int64_t written_bytes,
                                              std::optional<double> bytes_a_day);

}  // namespace pncp
