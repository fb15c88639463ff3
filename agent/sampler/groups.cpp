#include "agent/sampler/groups.hpp"

namespace pncp {
namespace {

constexpr std::array<std::string_view, kMetricGroups> kNames{"cpu", "mem",  "pressure", "disk",      "diskio",
                                                             "net", "link", "system",   "processes", "temp",
                                                             "pi",  "sd",   "info",     "metrics"};

}  // namespace

std::string_view group_name(MetricGroup group) { return kNames[static_cast<std::size_t>(group)]; }

std::optional<MetricGroup> group_named(std::string_view name) {
    for (std::size_t i = 0; i < kMetricGroups; ++i)
        if (kNames[i] == name) return static_cast<MetricGroup>(i);
    return std::nullopt;
}

GroupIntervals::GroupIntervals() {
    set(MetricGroup::pressure, 60'000);
    set(MetricGroup::link, 60'000);
    set(MetricGroup::processes, 300'000);
    set(MetricGroup::sd, 60'000);
    set(MetricGroup::info, 3'600'000);
}

}  // namespace pncp
