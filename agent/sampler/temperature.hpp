// Temperatures of the thermal zones under /sys/class/thermal. Parsing is pure; ThermalZones keeps the files
// open. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Zones reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxThermalZones = 32;

/// Degrees Celsius from a zone's `temp` (thousandths of a degree). nullopt for what no sensor of a running
/// machine can mean: below -100 or above 250 degrees; the kernel's own mark for "no value" is -274.
[[nodiscard]] std::optional<double> parse_millidegrees(std::string_view text);

struct TemperatureReading {
    std::string sensor;
    double celsius = 0;
};

class ThermalZones {
  public:
    explicit ThermalZones(const std::string& root) : folder_(root + "/sys/class/thermal") {}

    /// Reads every zone that answers. The folder is searched for new zones on the first call and every 60 s.
    /// A sensor bears its zone's type (`cpu-thermal`); where two zones have one type, the later is `type_N`,
    /// N its zone's number.
    [[nodiscard]] std::vector<TemperatureReading> read(std::int64_t now_ms, ReadBuffer& buffer);

    /// True if a zone has this type, as the kernel's hwmon names it: with `_` for `-`.
    [[nodiscard]] bool has_type(std::string_view hwmon_name) const;

  private:
    struct Zone {
        std::string type;
        std::string sensor;
        KeptFile temperature;
    };
    void search(ReadBuffer& buffer);

    std::string folder_;
    std::vector<Zone> zones_;
    Periodic search_{60'000};
};

void add_temperature_points(const std::vector<TemperatureReading>& temperatures, std::vector<Point>& points);

}  // namespace pncp
