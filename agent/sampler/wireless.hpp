// Wi-Fi: signal from /proc/net/wireless, link rate from the driver. Parsing and points are pure; WifiRate
// asks the kernel. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Wireless interfaces reported of one machine.
inline constexpr std::size_t kMaxWireless = 8;

struct WirelessReading {
    std::string interface;
    std::int64_t status = 0;
    std::int64_t link = 0;              ///< quality; of 70 with the drivers of today
    std::int64_t level = 0;             ///< dBm
    std::optional<std::int64_t> noise;  ///< dBm; most drivers don't know it
    std::int64_t nwid = 0;              ///< the rest counts discarded packets, and beacons missed
    std::int64_t crypt = 0;
    std::int64_t frag = 0;
    std::int64_t retry = 0;
    std::int64_t misc = 0;
    std::int64_t missed_beacon = 0;
    bool operator==(const WirelessReading&) const = default;
};

/// Interfaces in the file's order, at most kMaxWireless; malformed lines are left out whole.
[[nodiscard]] std::vector<WirelessReading> parse_wireless(std::string_view text);

/// Bits a second at which `interface` sends now; nullopt if it has none.
using WifiRateSource = std::function<std::optional<std::int64_t>(const std::string& interface)>;

/// Asks the running kernel by ioctl SIOCGIWRATE, through one socket that stays open.
class WifiRate {
  public:
    WifiRate() = default;
    ~WifiRate();
    WifiRate(WifiRate&& other) noexcept;
    WifiRate& operator=(WifiRate&&) = delete;
    [[nodiscard]] std::optional<std::int64_t> operator()(const std::string& interface);

  private:
    int socket_ = -1;
};

/// Points `wireless`, as Telegraf makes them, and `pi_wifi` for each interface that `rate` knows (may be
/// empty).
void add_wireless_points(const std::vector<WirelessReading>& interfaces, const WifiRateSource& rate,
                         std::vector<Point>& points);

}  // namespace pncp
