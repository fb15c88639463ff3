#include "agent/sampler/temperature.hpp"

#include <dirent.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::string_view kZonePrefix = "thermal_zone";

/// Numbers of the zones in `folder`, ascending, at most kMaxThermalZones.
std::vector<std::uint64_t> zone_numbers(const std::string& folder) {
    struct Close {
        void operator()(DIR* open) const { ::closedir(open); }
    };
    std::vector<std::uint64_t> numbers;
    const std::unique_ptr<DIR, Close> listing{::opendir(folder.c_str())};
    if (!listing) return numbers;
    while (const dirent* entry = ::readdir(listing.get())) {
        std::string_view name = entry->d_name;
        if (!name.starts_with(kZonePrefix)) continue;
        name.remove_prefix(kZonePrefix.size());
        if (const auto number = proc::to_unsigned(name)) numbers.push_back(*number);
    }
    std::sort(numbers.begin(), numbers.end());
    if (numbers.size() > kMaxThermalZones) numbers.resize(kMaxThermalZones);
    return numbers;
}

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
    for (const auto number : zone_numbers(folder_)) {
        const std::string zone = folder_ + "/" + std::string{kZonePrefix} + std::to_string(number);
        KeptFile type{zone + "/type"};
        const auto text = type.read(buffer);
        std::string sensor = proc::visible_text(proc::trimmed(text.value_or(std::string_view{})));
        if (sensor.empty()) sensor = kZonePrefix;
        const bool taken = std::any_of(zones_.begin(), zones_.end(),
                                       [&](const Zone& known) { return known.sensor == sensor; });
        if (taken) sensor += "_" + std::to_string(number);
        zones_.push_back({number, std::move(sensor), KeptFile{zone + "/temp"}});
    }
}

std::vector<TemperatureReading> ThermalZones::read(std::int64_t now_ms, ReadBuffer& buffer) {
    constexpr std::int64_t kSearchAgainMs = 60'000;
    if (!searched_ || now_ms < searched_at_ms_ || now_ms - searched_at_ms_ >= kSearchAgainMs) {
        search(buffer);
        searched_ = true;
        searched_at_ms_ = now_ms;
    }
    std::vector<TemperatureReading> readings;
    for (auto& zone : zones_) {
        const auto text = zone.temperature.read(buffer);
        const auto celsius = text ? parse_millidegrees(*text) : std::nullopt;
        if (celsius) readings.push_back({zone.sensor, *celsius});
    }
    return readings;
}

void add_temperature_points(const std::vector<TemperatureReading>& temperatures, std::vector<Point>& points) {
    for (const auto& one : temperatures)
        points.push_back({"temp", {{"sensor", one.sensor}}, {{"temp", one.celsius}}});
}

}  // namespace pncp
