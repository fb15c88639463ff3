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
#include "agent/sampler/cpu_frequency.hpp"
#include "agent/sampler/device_edge.hpp"
#include "agent/sampler/disk.hpp"
#include "agent/sampler/diskio.hpp"
#include "agent/sampler/ext4.hpp"
#include "agent/sampler/firmware.hpp"
#include "agent/sampler/groups.hpp"
#include "agent/sampler/hwmon.hpp"
#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/link.hpp"
#include "agent/sampler/mounts.hpp"
#include "agent/sampler/periodic.hpp"
#include "agent/sampler/pi.hpp"
#include "agent/sampler/pressure.hpp"
#include "agent/sampler/processes.hpp"
#include "agent/sampler/sd_card.hpp"
#include "agent/sampler/summary.hpp"
#include "agent/sampler/temperature.hpp"
#include "agent/sampler/wireless.hpp"
#include "schema/point.hpp"

namespace pncp {

struct SamplerOptions {
    /// Directory that holds proc, sys and var; "" or "/" is the live machine.
    std::string root = {};
    /// Asks about the file system at a path, `root` included; tests put a recording here.
    std::function<std::optional<DiskSpace>(const std::string& path)> disk_space = statvfs_space;
    /// How often each group is read, at most with every sample.
    GroupIntervals intervals = {};
    /// Terabytes (10^12 bytes) that the SD card may be written in its life; 0 = not known, so no forecast.
    double sd_endurance_tb = 0;
    /// Answers in the firmware's stead; empty: the device file under `root`.
    FirmwareSource firmware = {};
    /// Tells the rate of a Wi-Fi link; empty: the running kernel if `root` is the live machine, else nobody.
    WifiRateSource wifi_rate = {};
};

struct Sample {
    /// The typed points of METRICS.md of the groups that were due, then, last, point `metrics` with the JSON
    /// in field `output`.
    std::vector<Point> points;
    /// What began, ended or happened since the groups were read last.
    std::vector<DeviceEdge> edges;
    /// As each group was read last, now or before.
    MetricsSummary summary;
};

class Sampler {
  public:
    /// Opens nothing yet and never fails: a root that is not there gives samples without readings.
    explicit Sampler(SamplerOptions options);

    /// Reads the groups that are due: all of them the first time. `now_ms` is any clock in milliseconds, best
    /// a monotonic one: it only ages what is remembered. Points `cpu` cover the time since the group was read
    /// last, so there are none in the first sample.
    [[nodiscard]] Sample take(std::int64_t now_ms);

    /// Changes how often a group is read (GroupIntervals): if that is new, it is due in the next sample,
    /// then at the new interval.
    void set_interval(MetricGroup group, std::int64_t interval_ms);

    /// The board's model, as its device tree names it; empty on what has none (a PC). Reads one file.
    [[nodiscard]] std::string model() { return board_model(root_, buffer_); }

    /// Reads what the metrics JSON needs, without moving the start of the time that the next take() covers.
    [[nodiscard]] MetricsSummary look(std::int64_t now_ms);

    /// Space of every local file system now.
    [[nodiscard]] std::vector<DiskReading> disks(std::int64_t now_ms);

    /// The root directory without a slash at its end; empty for the live machine.
    [[nodiscard]] const std::string& root() const { return root_; }

  private:
    [[nodiscard]] bool due(MetricGroup group, std::int64_t now_ms);
    void read_cpu(const CpuStat& baseline, MetricsSummary& summary);
    void read_memory(MetricsSummary& summary);
    void read_net(MetricsSummary& summary);
    void read_system(MetricsSummary& summary);

    void take_cpu(std::int64_t now_ms, std::vector<Point>& points);
    void take_disks(std::int64_t now_ms, Sample& sample);
    void take_net(std::int64_t now_ms, bool net_due, bool link_due, std::vector<Point>& points);
    void take_wireless(std::vector<Point>& points);
    void take_system(std::vector<Point>& points);
    void take_temperatures(std::int64_t now_ms, std::vector<Point>& points);
    void take_cards(std::int64_t now_ms, Sample& sample);

    std::string root_;
    std::function<std::optional<DiskSpace>(const std::string& path)> disk_space_;
    std::vector<Periodic> schedule_;  ///< by MetricGroup
    ReadBuffer buffer_;
    MetricsSummary latest_;
    CpuReader cpu_;
    CpuFrequencies frequencies_;
    KeptFile meminfo_;
    PressureFiles pressure_;
    MountTable mounts_;
    std::optional<bool> root_read_only_;
    DiskTraffic disk_traffic_;
    KeptFile loadavg_;
    KeptFile uptime_;
    KeptFile utmp_;
    KeptFile boot_id_;
    KeptFile net_dev_;
    NetLinks net_links_;
    KeptFile wireless_;
    WifiRate live_wifi_rate_;
    WifiRateSource wifi_rate_;
    ProcessTable processes_;
    ThermalZones thermal_zones_;
    Hwmons hwmons_;
    PiReader pi_;
    Ext4FileSystems ext4_;
    SdCards sd_cards_;
};

}  // namespace pncp
