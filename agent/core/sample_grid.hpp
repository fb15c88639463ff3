// When to take a sample: at fixed instants of the device's own clock since boot, shifted by a phase that
// follows from its name. So intervals don't drift, and a fleet that was switched on together does not speak
// in chorus. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace pncp::agent {

class SampleGrid {
  public:
    /// `interval_ms` > 0.
    SampleGrid(std::string_view id, std::int64_t interval_ms)
        : interval_ms_(interval_ms),
          phase_ms_(static_cast<std::int64_t>(hash(id) % static_cast<std::uint64_t>(interval_ms))) {}

    /// The first instant of the grid after `boot_ms`. Instants missed while the device slept are not made up
    /// for.
    [[nodiscard]] std::int64_t after(std::int64_t boot_ms) const {
        const std::int64_t since = boot_ms - phase_ms_;
        const std::int64_t steps = since < 0 ? (since + 1) / interval_ms_ : since / interval_ms_ + 1;
        return phase_ms_ + steps * interval_ms_;
    }

    [[nodiscard]] std::int64_t interval_ms() const { return interval_ms_; }

  private:
    // FNV-1a: spreads names that differ in their last digit only.
    static std::uint64_t hash(std::string_view text) {
        std::uint64_t value = 0xCBF29CE484222325U;
        for (const char letter : text) value = (value ^ static_cast<std::uint8_t>(letter)) * 0x100000001B3U;
        return value ^ (value >> 32U);
    }

    std::int64_t interval_ms_;
    std::int64_t phase_ms_;
};

}  // namespace pncp::agent
