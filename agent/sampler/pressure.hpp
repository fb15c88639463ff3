// Pressure stall information: how long tasks waited for a resource. From /proc/pressure, where the kernel
// keeps it (on a Pi with psi=1 on its command line). Parsing is pure; PressureFiles keeps the files open, one
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Shares of the last 10, 60 and 300 s in percent, and the time since boot in microseconds.
struct Stall {
    double avg10 = 0;
    double avg60 = 0;
    double avg300 = 0;
    std::int64_t total_us = 0;
    bool operator==(const Stall&) const = default;
};

struct PressureReading {
    std::optional<Stall> some;  ///< at least one task waited
    std::optional<Stall> full;  ///< all that could run waited
};

/// The text of one file of /proc/pressure. A line that is malformed or says more than 100 % is absent.
[[nodiscard]] PressureReading parse_pressure(std::string_view text);

/// Points `pressure`, as Telegraf makes them.
void add_pressure_points(const char* resource, const PressureReading& reading, std::vector<Point>& points);

class PressureFiles {
  public:
    explicit PressureFiles(const std::string& root);
    /// Points of every resource that is there; of `cpu` only `some`, as all tasks together cannot wait for
    /// it.
    void add_points(ReadBuffer& buffer, std::vector<Point>& points);

  private:
    std::array<KeptFile, 3> files_;
};

}  // namespace pncp
