#include "agent/sampler/temperature.hpp"

#include <algorithm>
#include <utility>

#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::string_view kZonePrefix = "thermal_zone";

}  // namespace

std::optional<double> parse_millidegrees(std::string_view text) {
    constexpr std::int64_t kLeast = -100'000;
    constexpr std::int64_t kMost = 250'000;
    const auto line = proc::next_line(text);
    const auto number = line ? proc::to_integer(proc::trimmed(*line)) : std::nullopt;
    if (!number || *number < kLeast || *number > kMost) return std::nullopt;
    return static_cast<double>(*number) / 1000.0;
}

void ThermalZones::search(ReadBuffer& buffer) {
    zones_.clear();
    for (const auto number : numbers_in(folder_, kZonePrefix, kMaxThermalZones)) {
        const std::string zone = folder_ + "/" + std::string{kZonePrefix} + std::to_string(number);
        KeptFile type{zone + "/type"};
        const auto text = type.read(buffer);
        const std::string type_name = proc::visible_text(proc::trimmed(text.value_or(std::string_view{})));
        std::string sensor = type_name.empty() ? std::string{kZonePrefix} : type_name;
        const bool taken = std::any_of(zones_.begin(), zones_.end(),
                                       [&](const Zone& known) { return known.sensor == sensor; });
        if (taken) sensor += "_" + std::to_string(number);
        zones_.push_back({type_name, std::move(sensor), KeptFile{zone + "/temp"}});
    }
}

std::vector<TemperatureReading> ThermalZones::read(std::int64_t now_ms, ReadBuffer& buffer) {
    if (search_.due(now_ms)) search(buffer);
    std::vector<TemperatureReading> readings;
    for (auto& zone : zones_) {
        const auto text = zone.temperature.read(buffer);
        const auto celsius = text ? parse_millidegrees(*text) : std::nullopt;
        if (celsius) readings.push_back({zone.sensor, *celsius});
    }
    return readings;
}

bool ThermalZones::has_type(std::string_view hwmon_name) const {
    return std::any_of(zones_.begin(), zones_.end(), [&](const Zone& zone) {
        return std::equal(zone.type.begin(), zone.type.end(), hwmon_name.begin(), hwmon_name.end(),
                          [](char ours, char theirs) { return (ours == '-' ? '_' : ours) == theirs; });
    });
}

void add_temperature_points(const std::vector<TemperatureReading>& temperatures, std::vector<Point>& points) {
    for (const auto& one : temperatures)
        points.push_back({"temp", {{"sensor", one.sensor}}, {{"temp", one.celsius}}});
}

}  // namespace pncp
