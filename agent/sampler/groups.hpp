// The groups of metrics, each with its own interval: what is read and sent together. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pncp {

/// Named after what is read; METRICS.md says which measurements are in which.
enum class MetricGroup : std::uint8_t {
    cpu,
    mem,
    pressure,
    disk,
    diskio,
    net,
    link,
    system,
    processes,
    temp,
    pi,
    sd,
    info,
    metrics
};
inline constexpr std::size_t kMetricGroups = 14;

[[nodiscard]] std::string_view group_name(MetricGroup group);
[[nodiscard]] std::optional<MetricGroup> group_named(std::string_view name);

/// Interval of each group in milliseconds: 0 = with every sample, less than 0 = never.
class GroupIntervals {
  public:
    /// Every sample, but for what is dear or changes slowly: pressure (its means look back a minute and
    /// more), link (a Wi-Fi driver asks its card), sd (wear shows over days) 1 min; processes (looking at
    /// each costs ten times all the rest) 5 min; info (what a device is) 1 h.
    GroupIntervals();
    [[nodiscard]] std::int64_t of(MetricGroup group) const { return ms_[static_cast<std::size_t>(group)]; }
    void set(MetricGroup group, std::int64_t interval_ms) {
        ms_[static_cast<std::size_t>(group)] = interval_ms;
    }

  private:
    std::array<std::int64_t, kMetricGroups> ms_{};
};

}  // namespace pncp
