// Load, uptime and the point `system`, from /proc/loadavg and /proc/uptime. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Mean number of tasks that run or wait, over the last 1, 5 and 15 minutes.
struct LoadAverage {
    double load1 = 0;
    double load5 = 0;
    double load15 = 0;
};

struct SystemReading {
    std::optional<LoadAverage> load;
    std::optional<std::int64_t> cpus;      ///< cores online
    std::optional<std::int64_t> users;     ///< logged-in sessions
    std::optional<std::int64_t> uptime_s;  ///< whole seconds since boot
    std::string boot_id;                   ///< drawn by the kernel at every boot; empty if not known
};

[[nodiscard]] std::optional<LoadAverage> parse_loadavg(std::string_view text);

/// Whole seconds since boot, rounded down.
[[nodiscard]] std::optional<std::int64_t> parse_uptime(std::string_view text);

/// The kernel's boot_id: 36 hexadecimal digits and dashes; empty for anything else.
[[nodiscard]] std::string parse_boot_id(std::string_view text);

/// Point `system` with the fields that are known; none if nothing is.
void add_system_point(const SystemReading& reading, std::vector<Point>& points);

}  // namespace pncp
