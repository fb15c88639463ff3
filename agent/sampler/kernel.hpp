// What /proc/stat counts beside processor time, and the point `kernel` made of it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Counted since boot. They wrap where the kernel's own counters do (32 bits on armhf).
struct KernelCounters {
    std::optional<std::int64_t> boot_time;  ///< seconds since 1970, by a clock that may be set later
    std::optional<std::int64_t> context_switches;
    std::optional<std::int64_t> interrupts;
    std::optional<std::int64_t> processes_forked;  ///< processes and threads
    bool operator==(const KernelCounters&) const = default;
};

/// From the text of /proc/stat; a line that is missing or malformed leaves its field absent.
[[nodiscard]] KernelCounters parse_kernel_counters(std::string_view text);

/// Point `kernel`, named as Telegraf does; none if nothing is known.
void add_kernel_point(const KernelCounters& counters, std::vector<Point>& points);

}  // namespace pncp
