// Temperatures of the hardware monitoring chips under /sys/class/hwmon: NVMe disks, the RP1 of a Pi 5, a PC's
// cores. One thread; files stay open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "agent/sampler/temperature.hpp"

namespace pncp {

/// Sensors reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxHwmonSensors = 32;

/// What Telegraf calls a sensor: the chip's name, and its label in lower case without blanks
/// (`nvme_composite`).
[[nodiscard]] std::string sensor_name(std::string_view chip, std::string_view label);

class Hwmons {
  public:
    explicit Hwmons(const std::string& root) : folder_(root + "/sys/class/hwmon") {}

    /// Reads every sensor that answers. Chips are searched for on the first call and every 60 s. One whose
    /// name `is_zone` knows is left out: it is a thermal zone under a second name. Of two sensors with one
    /// name the second has its chip's number appended, and its own where that is not enough.
    [[nodiscard]] std::vector<TemperatureReading> read(std::int64_t now_ms, ReadBuffer& buffer,
                                                       const std::function<bool(std::string_view)>& is_zone);

  private:
    struct Sensor {
        std::string name;
        KeptFile temperature;
    };
    void search(ReadBuffer& buffer, const std::function<bool(std::string_view)>& is_zone);
    void add_sensors(std::uint64_t chip, const std::string& chip_name, ReadBuffer& buffer);
    [[nodiscard]] bool is_taken(std::string_view name) const;

    std::string folder_;
    std::vector<Sensor> sensors_;
    Periodic search_{60'000};
};

}  // namespace pncp
