#include "agent/sampler/hwmon.hpp"

#include <algorithm>
#include <utility>

#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::size_t kMaxChips = 64;
constexpr std::size_t kMaxFiles = 1'024;

std::string word_in(const std::string& path, ReadBuffer& buffer) {
    KeptFile file{path};
    return proc::visible_text(proc::trimmed(file.read(buffer).value_or(std::string_view{})));
}

}  // namespace

std::string sensor_name(std::string_view chip, std::string_view label) {
    std::string name{chip};
    if (label.empty()) return name;
    name += '_';
    for (const char letter : label) {
        if (letter == ' ') continue;
        name += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    return name;
}

bool Hwmons::is_taken(std::string_view name) const {
    return std::any_of(sensors_.begin(), sensors_.end(),
                       [&](const Sensor& known) { return known.name == name; });
}

void Hwmons::add_sensors(std::uint64_t chip, const std::string& chip_name, ReadBuffer& buffer) {
    constexpr std::string_view kEnd = "_input";
    const std::string folder = folder_ + "/hwmon" + std::to_string(chip) + "/";
    for (const auto& file : names_in(folder, "temp", kMaxFiles)) {
        if (!file.ends_with(kEnd) || sensors_.size() >= kMaxHwmonSensors) continue;
        const std::string sensor = file.substr(0, file.size() - kEnd.size());
        std::string name = sensor_name(chip_name, word_in(folder + sensor + "_label", buffer));
        if (is_taken(name)) name += "_" + std::to_string(chip);
        if (is_taken(name)) name += "_" + sensor;
        if (!is_taken(name)) sensors_.push_back({std::move(name), KeptFile{folder + file}});
    }
}

void Hwmons::search(ReadBuffer& buffer, const std::function<bool(std::string_view)>& is_zone) {
    sensors_.clear();
    for (const auto chip : numbers_in(folder_, "hwmon", kMaxChips)) {
        const std::string name = word_in(folder_ + "/hwmon" + std::to_string(chip) + "/name", buffer);
        if (!name.empty() && !is_zone(name)) add_sensors(chip, name, buffer);
    }
}

std::vector<TemperatureReading> Hwmons::read(std::int64_t now_ms, ReadBuffer& buffer,
                                             const std::function<bool(std::string_view)>& is_zone) {
    if (search_.due(now_ms)) search(buffer, is_zone);
    std::vector<TemperatureReading> readings;
    for (auto& sensor : sensors_) {
        const auto text = sensor.temperature.read(buffer);
        const auto celsius = text ? parse_millidegrees(*text) : std::nullopt;
        if (celsius) readings.push_back({sensor.name, *celsius});
    }
    return readings;
}

}  // namespace pncp
