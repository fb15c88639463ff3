// How a simulated device behaves, and what it measures. Pure, but for the seed it is given. One thread a
// device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/point.hpp"

namespace pncp::swarm {

struct Behaviour {
    std::int64_t sample_interval_ms = 10'000;
    std::size_t result_bytes = 300;     ///< of every command's output, at least
    double loss = 0;                    ///< share of frames that vanish on the way, each way
    std::int64_t restart_every_ms = 0;  ///< mean time until the device loses its power; 0 = never
    bool unset_clock = false;           ///< it believes that it is 1970
    bool short_readings = false;        ///< without what only dashboards want: see Readings::rest()
    std::size_t spool_bytes = 512 * 1024;
    std::string spool_path;  ///< each device has a folder there for its spool's disk; "" = in memory
    std::uint64_t spool_max = 0;
    std::int64_t spill_after_ms = 0;
};

/// Random numbers that are the same for the same seed everywhere (SplitMix64).
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    /// Uniform in [0, 1).
    double share() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  private:
    std::uint64_t state_;
};

/// A machine's numbers, wandering: under Telegraf's names, 23 fields and 650 bytes on the wire, and 60 fields
/// and 2 kB of a Pi beside them. The measurement `swarm` tells sample from sample: its spool, and its number
/// there.
class Readings {
  public:
    explicit Readings(std::uint64_t seed);
    [[nodiscard]] std::vector<Point> sample(const Id16& spool, std::uint64_t number, std::int64_t uptime_ms);
    /// What else a Pi 4 would tell with the sample that was just made: cores, swap, traffic, throttling,
    /// card.
    [[nodiscard]] std::vector<Point> rest();

  private:
    double wander(double& value, double low, double high, double step);
    Draw draw_;
    double busy_;
    double memory_;
    double disk_;
    double temperature_;
    std::int64_t written_ = 0;
    std::int64_t received_ = 0;
    std::int64_t sent_ = 0;
};

}  // namespace pncp::swarm
