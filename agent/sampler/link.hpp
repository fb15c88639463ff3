// State and speed of network interfaces, from /sys/class/net. Parsing is pure; NetLinks keeps files open. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/net.hpp"
#include "schema/point.hpp"

namespace pncp {

struct NetLink {
    std::string state;  ///< RFC 2863, as the kernel writes it: up, down, dormant … unknown
    std::optional<std::int64_t> speed_mbit;  ///< absent where there is none (Wi-Fi, virtual) or no cable
    bool operator==(const NetLink&) const = default;
};

/// The word in `operstate`, made visible; empty if there is none.
[[nodiscard]] std::string parse_state(std::string_view text);

/// Mbit/s; nullopt for the kernel's -1 and for 4294967295, which older drivers say instead.
[[nodiscard]] std::optional<std::int64_t> parse_speed(std::string_view text);

class NetLinks {
  public:
    explicit NetLinks(const std::string& root) : folder_(root + "/sys/class/net/") {}

    /// One link for each of `interfaces`, in their order; that of an interface that is not there is empty.
    /// When the list of names differs from the last one, all files are opened again: a name may mean another
    /// card.
    [[nodiscard]] std::vector<NetLink> read(const std::vector<NetReading>& interfaces, std::int64_t now_ms,
                                            ReadBuffer& buffer);

    /// Puts the speeds that the last read() found into `interfaces`; false, and none, if these are not the
    /// ones it was asked about.
    [[nodiscard]] bool fill_in_speeds(std::vector<NetReading>& interfaces) const;

  private:
    struct Files {
        std::string name;
        KeptFile state;
        KeptFile speed;
        std::optional<std::int64_t> no_speed_since_ms = std::nullopt;
        std::optional<std::int64_t> speed_mbit = std::nullopt;
    };
    [[nodiscard]] bool same_names(const std::vector<NetReading>& interfaces) const;

    std::string folder_;
    std::vector<Files> files_;
};

/// Points `pi_link`: Telegraf has no name for the state of a link.
void add_link_points(const std::vector<NetReading>& interfaces, const std::vector<NetLink>& links,
                     std::vector<Point>& points);

}  // namespace pncp
