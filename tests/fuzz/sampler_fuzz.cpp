// Invariant: whatever /proc, /sys, the device tree or the firmware say, no parser of the sampler throws or
// reads beyond its end, and every point made of it has fields, finite numbers, and text without control
// characters.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "agent/sampler/board.hpp"
#include "agent/sampler/cpu.hpp"
#include "agent/sampler/cpu_frequency.hpp"
#include "agent/sampler/diskio.hpp"
#include "agent/sampler/ext4.hpp"
#include "agent/sampler/firmware.hpp"
#include "agent/sampler/hwmon.hpp"
#include "agent/sampler/kernel.hpp"
#include "agent/sampler/link.hpp"
#include "agent/sampler/memory.hpp"
#include "agent/sampler/mounts.hpp"
#include "agent/sampler/pressure.hpp"
#include "agent/sampler/processes.hpp"
#include "agent/sampler/sd_card.hpp"
#include "agent/sampler/summary.hpp"
#include "agent/sampler/temperature.hpp"
#include "agent/sampler/text.hpp"
#include "agent/sampler/throttling.hpp"
#include "agent/sampler/users.hpp"
#include "agent/sampler/wireless.hpp"

namespace {

using namespace pncp;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Text in points is for line protocol and terminals: valid UTF-8, nothing that could break a line.
void check_text(std::string_view text) { require(proc::visible_text(text) == text); }

void check_points(const std::vector<Point>& points) {
    for (const auto& point : points) {
        require(!point.measurement.empty() && !point.fields.empty());
        for (const auto& [name, value] : point.tags) check_text(value);
        for (const auto& [name, value] : point.fields) {
            if (const auto* number = std::get_if<double>(&value)) require(std::isfinite(*number));
            if (const auto* text = std::get_if<std::string>(&value); text != nullptr && name != "output")
                check_text(*text);
        }
    }
}

void check_processor(std::string_view text, std::string_view other, std::vector<Point>& points) {
    CpuStat before;
    CpuStat after;
    parse_cpu_stat(text, before);
    parse_cpu_stat(other, after);
    require(before.cores.size() <= kMaxCores);
    add_cpu_points(before, after, points);
    add_kernel_point(parse_kernel_counters(text), points);
    require(parse_cores(text).size() <= kMaxCores);
    require(parse_khz(text).value_or(1) > 0);
    add_pressure_points("memory", parse_pressure(text), points);
    ProcessCounts counts;
    const bool counted = count_process(text, counts);
    require(counts.total == (counted ? 1 : 0) && counts.threads >= 0);
    add_processes_point(counts, points);
    require(count_logged_in(text) >= 0);
}

void check_disks(std::string_view text, std::vector<Point>& points) {
    const auto mounts = askable_mounts(parse_mounts(text));
    require(mounts.size() <= kMaxMounts);
    std::vector<DiskReading> disks;
    for (const auto& mount : mounts) disks.push_back({mount, {1000, 450, 450, 50, 20}});
    add_disk_points(disks, points);
    const auto traffic = parse_diskstats(text);
    for (const auto& one : traffic)
        require(one.read_bytes >= 0 && one.write_bytes >= 0 && one.in_progress >= 0);
    add_diskio_points(traffic, points);
    require(parse_kibibytes(text).value_or(0) >= 0);
    for (const auto used : parse_life_time(text))
        require(used.value_or(10) >= 10 && used.value_or(10) <= 110);
    require(parse_pre_eol(text).value_or(1) >= 1);
}

void check_net(std::string_view text, std::vector<Point>& points) {
    auto interfaces = parse_net_dev(text);
    require(interfaces.size() <= kMaxInterfaces);
    const NetLink link{parse_state(text), parse_speed(text)};
    require(link.speed_mbit.value_or(1) > 0);
    add_link_points(interfaces, std::vector<NetLink>(interfaces.size(), link), points);
    for (auto& one : interfaces) one.speed_mbit = link.speed_mbit;
    add_net_points(interfaces, points);
    const auto wireless = parse_wireless(text);
    require(wireless.size() <= kMaxWireless);
    add_wireless_points(wireless, {}, points);
    MetricsSummary summary;
    summary.net = interfaces;
    summary.memory = parse_meminfo(text);
    summary.system.load = parse_loadavg(text);
    summary.system.uptime_s = parse_uptime(text);
    check_text(metrics_json(summary));
    summary.system.boot_id = parse_boot_id(text);
    add_system_point(summary.system, points);
    add_memory_points(summary.memory, points);
}

void check_board(std::string_view text, std::vector<Point>& points) {
    check_text(parse_property_text(text));
    require(parse_cell(text).has_value() == (text.size() == 4));
    const double celsius = parse_millidegrees(text).value_or(0);
    require(celsius >= -100 && celsius <= 250);
    require(parse_rpm(text).value_or(0) >= 0 && parse_duty(text).value_or(0) <= 100);
    (void)sensor_name(text, text);
    if (const auto bits = parse_throttled(text)) add_throttle_point(throttle_of_firmware(*bits), points);
    require(parse_volts(text).value_or(0) >= 0 && parse_hertz(text).value_or(1) > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    std::vector<Point> points;
    check_processor(text, text.substr(size / 2), points);
    check_disks(text, points);
    check_net(text, points);
    check_board(text, points);
    check_points(points);
    return 0;
}
