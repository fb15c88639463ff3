#include "agent/sampler/throttling.hpp"

#include <utility>

namespace pncp {

void add_throttle_point(const ThrottleReading& reading, std::vector<Point>& points) {
    Point point{"pi_throttled", {}, {}};
    const auto add = [&](const char* name, std::uint32_t bit) {
        if ((reading.known & bit) != 0) point.fields.emplace_back(name, (reading.bits & bit) != 0);
    };
    for (const auto& one : kThrottleBits) {
        add(one.name, 1U << one.number);
        add(one.since_boot_name, 1U << (one.number + kSinceBootShift));
    }
    if (!point.fields.empty()) points.push_back(std::move(point));
}

void ThrottleEdges::update(const ThrottleReading& reading, std::vector<DeviceEdge>& edges) {
    for (const auto& one : kThrottleBits) {
        const std::uint32_t now = 1U << one.number;
        const std::uint32_t since_boot = now << kSinceBootShift;
        const bool is = (reading.bits & now) != 0;
        const bool was = last_ && (last_->bits & now) != 0;
        if ((reading.known & now) == 0) continue;
        if (is && !was) edges.push_back({one.name, last_ ? "began" : "holds as the agent starts"});
        if (was && !is) edges.push_back({one.name, "ended"});
        const bool both_knew = last_ && (last_->known & reading.known & since_boot) != 0;
        const bool fresh = both_knew && (reading.bits & since_boot) != 0 && (last_->bits & since_boot) == 0;
        if (fresh && !is && !was) edges.push_back({one.name, "began and ended between two samples"});
    }
    last_ = reading;
}

}  // namespace pncp
