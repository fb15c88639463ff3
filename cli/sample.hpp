// The numbers of a sample that people look at first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schema/event_bodies.hpp"

namespace pncp::cli {

/// Each is absent when the device does not tell it.
struct MainNumbers {
    std::optional<double> cpu_percent;     ///< busy, of all cores
    std::optional<double> memory_percent;  ///< used
    std::optional<double> disk_percent;    ///< used, of the file system at /
    std::optional<double> load1;
    std::optional<std::int64_t> uptime_s;
    std::optional<double> temperature;  ///< °C, of the hottest sensor
    /// What is so now, joined by "+": "under_voltage+frequency_capped"; "" = nothing.
    std::optional<std::string> throttled;
};

[[nodiscard]] MainNumbers main_numbers(const MetricsBody& sample);

/// "under_voltage+frequency_capped" as short as a column needs it: "UV+cap". Unknown words stay as they are.
[[nodiscard]] std::string short_throttled(std::string_view throttled);

/// One digit behind the point; "-" for none.
[[nodiscard]] std::string number_text(const std::optional<double>& value, std::string_view unit = {});

}  // namespace pncp::cli
