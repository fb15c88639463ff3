// The sampler: everything the device can tell at one instant, as points and as the metrics JSON.
// Text of /proc and /sys in, numbers out, under any root directory; no clock, no thread, no subprocess. Files
// stay open between samples. One thread; what it returns owns its memory. What the device lacks is absent,
// never 0.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/sampler/cpu.hpp"
#include "agent/sampler/disk.hpp"
#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/mounts.hpp"
#include "agent/sampler/summary.hpp"
#include "agent/sampler/temperature.hpp"
#include "schema/point.hpp"

namespace pncp {

struct SamplerOptions {
    /// Directory that holds proc, sys and var; "" or "/" is the live machine.
    std::string root;
    /// Asks about the file system at a path, `root` included; tests put a recording here.
    std::function<std::optional<DiskSpace>(const std::string& path)> disk_space = statvfs_space;
};

struct Sample {
    /// The typed points of METRICS.md, then, last, point `metrics` with the JSON in field `output`.
    std::vector<Point> points;
    MetricsSummary summary;
};

class Sampler {
  public:
    /// Opens nothing yet and never fails: a root that is not there gives samples without readings.
    explicit Sampler(SamplerOptions options);

    /// Reads everything. `now_ms` is any clock in milliseconds, best a monotonic one: it only ages what is
    /// remembered. Points `cpu` cover the time since the last take(), so there are none in the first.
    [[nodiscard]] Sample take(std::int64_t now_ms);

    /// Reads what the metrics JSON needs, without moving the start of the time that the next take() covers.
    [[nodiscard]] MetricsSummary look(std::int64_t now_ms);

    /// Space of every local file system now.
    [[nodiscard]] std::vector<DiskReading> disks(std::int64_t now_ms);

    /// The root directory without a slash at its end; empty for the live machine.
    [[nodiscard]] const std::string& root() const { return root_; }

  private:
    [[nodiscard]] MetricsSummary read(const std::vector<DiskReading>& disks, const CpuStat& cpu_baseline);

    std::string root_;
    std::function<std::optional<DiskSpace>(const std::string& path)> disk_space_;
    ReadBuffer buffer_;
    CpuReader cpu_;
    KeptFile meminfo_;
    MountTable mounts_;
    KeptFile loadavg_;
    KeptFile uptime_;
    KeptFile utmp_;
    KeptFile net_dev_;
    ThermalZones thermal_zones_;
};

}  // namespace pncp
