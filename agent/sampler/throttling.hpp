// What holds a Raspberry Pi back: bits of get_throttled, now and since boot, the point `pi_throttled` and the
// events at their edges. Pure; ThrottleEdges remembers one reading.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/sampler/device_edge.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Bits 0 to 3 hold now, bits 16 to 19 have held since boot, as the firmware numbers them. A bit that is not
/// in `known` was not told: without the firmware, the kernel's alarm still tells bit 0.
struct ThrottleReading {
    std::uint32_t bits = 0;
    std::uint32_t known = 0;
    bool operator==(const ThrottleReading&) const = default;
};

struct ThrottleBit {
    unsigned number;   ///< of the bit that holds now
    const char* name;  ///< of the field, and of the event
    const char* since_boot_name;
};
/// How far the bit of "since boot" is from that of "now".
inline constexpr unsigned kSinceBootShift = 16;
inline constexpr std::array<ThrottleBit, 4> kThrottleBits{
    {{0, "under_voltage", "under_voltage_since_boot"},
     {1, "frequency_capped", "frequency_capped_since_boot"},
     {2, "throttled", "throttled_since_boot"},
     {3, "soft_temp_limit", "soft_temp_limit_since_boot"}}};
inline constexpr std::uint32_t kAllThrottleBits = 0x000F'000F;

[[nodiscard]] inline ThrottleReading throttle_of_firmware(std::uint32_t bits) {
    return {bits & kAllThrottleBits, kAllThrottleBits};
}

/// A field for each bit that is known; no point if none is.
void add_throttle_point(const ThrottleReading& reading, std::vector<Point>& points);

class ThrottleEdges {
  public:
    /// What changed since the last reading. In the first, what holds has begun. What was over before it was
    /// seen, and shows only in its bit of "since boot", is one event as well.
    void update(const ThrottleReading& reading, std::vector<DeviceEdge>& edges);

  private:
    std::optional<ThrottleReading> last_;
};

}  // namespace pncp
