// What a board is and how it is powered: the device tree's properties and the fan of a Pi 5. Parsing is pure;
// readers keep files open. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "schema/point.hpp"

namespace pncp {

/// A property of 32 bits, big-endian as all of the device tree is; nullopt for any other length.
[[nodiscard]] std::optional<std::uint32_t> parse_cell(std::string_view bytes);

/// A property that is text: without the NUL at its end, made visible, at most 128 bytes.
[[nodiscard]] std::string parse_property_text(std::string_view bytes);

/// The board's model as its device tree names it (`Raspberry Pi 4 Model B Rev 1.4`); empty where there is
/// none.
[[nodiscard]] std::string board_model(const std::string& root, ReadBuffer& buffer);

/// Points `pi_info` (model, revision code; no serial number) and `pi_power` (what the supply of a Pi 5 said
/// when it booted), each without what is not there.
void add_board_points(const std::string& root, ReadBuffer& buffer, std::vector<Point>& points);

struct FanReading {
    std::optional<std::int64_t> rpm;
    std::optional<double> duty_percent;
};
/// Turns a minute from the text of `fan1_input`; at most 100,000.
[[nodiscard]] std::optional<std::int64_t> parse_rpm(std::string_view text);
/// Percent from the text of `pwm1`, which is 0 to 255.
[[nodiscard]] std::optional<double> parse_duty(std::string_view text);

/// The fan of a Pi 5, which is driven by the board itself.
class Fan {
  public:
    explicit Fan(const std::string& root) : folder_(root + "/sys/devices/platform/cooling_fan/hwmon") {}
    /// Point `pi_fan`; none where there is no such fan. Searched for on the first call and every 60 s.
    void add_point(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points);

  private:
    std::string folder_;
    std::optional<KeptFile> rpm_;
    std::optional<KeptFile> duty_;
    Periodic search_{60'000};
};

/// The kernel's own alarm of under-voltage (hwmon `rpi_volt`), which everybody may read.
class VoltageAlarm {
  public:
    explicit VoltageAlarm(const std::string& root) : folder_(root + "/sys/class/hwmon") {}
    /// True while it holds; nullopt where there is none.
    [[nodiscard]] std::optional<bool> read(std::int64_t now_ms, ReadBuffer& buffer);

  private:
    std::string folder_;
    std::optional<KeptFile> alarm_;
    Periodic search_{60'000};
};

}  // namespace pncp
