// Traffic by network interface from /proc/net/dev. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Interfaces reported of one machine; further ones (a host of containers has hundreds) are left out, so that
/// the metrics JSON stays under the 16 KiB that a string may have on the wire.
inline constexpr std::size_t kMaxInterfaces = 64;

/// Counters since the interface came up, as the kernel gives them: they start again at 0 when a driver is
/// reloaded.
struct NetReading {
    std::string interface;  ///< as named by the kernel: any bytes but blank, slash and colon
    std::int64_t bytes_sent = 0;
    std::int64_t bytes_recv = 0;
    std::int64_t packets_sent = 0;
    std::int64_t packets_recv = 0;
    std::int64_t err_in = 0;
    std::int64_t err_out = 0;
    std::int64_t drop_in = 0;
    std::int64_t drop_out = 0;
    std::optional<std::int64_t> speed_mbit = std::nullopt;  ///< of the link, not in this file: see link.hpp
    bool operator==(const NetReading&) const = default;
};

/// Interfaces in the file's order, at most kMaxInterfaces. A line that is malformed, cut off, or counts past
/// 2^63 - 1 is left out whole.
[[nodiscard]] std::vector<NetReading> parse_net_dev(std::string_view text);

void add_net_points(const std::vector<NetReading>& interfaces, std::vector<Point>& points);

}  // namespace pncp
