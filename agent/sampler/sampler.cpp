#include "agent/sampler/sampler.hpp"

#include <utility>

#include "agent/sampler/users.hpp"

namespace pncp {
namespace {

std::string without_slash(std::string root) {
    while (root.ends_with('/')) root.pop_back();
    return root;
}

}  // namespace

Sampler::Sampler(SamplerOptions options)
    : root_(without_slash(std::move(options.root))),
      disk_space_(std::move(options.disk_space)),
      cpu_(root_),
      meminfo_(root_ + "/proc/meminfo"),
      mounts_(root_),
      loadavg_(root_ + "/proc/loadavg"),
      uptime_(root_ + "/proc/uptime"),
      utmp_(root_ + "/var/run/utmp"),
      net_dev_(root_ + "/proc/net/dev"),
      thermal_zones_(root_) {}

std::vector<DiskReading> Sampler::disks(std::int64_t now_ms) {
    std::vector<DiskReading> readings;
    for (const auto& mount : mounts_.askable(now_ms, buffer_)) {
        if (const auto space = disk_space_(root_ + mount.path)) readings.push_back({mount, *space});
    }
    return readings;
}

MetricsSummary Sampler::read(const std::vector<DiskReading>& disks, const CpuStat& cpu_baseline) {
    MetricsSummary summary;
    if (cpu_.read(buffer_)) {
        summary.cpu_percent = busy_percents(cpu_baseline, cpu_.current());
        if (!cpu_.current().cores.empty())
            summary.system.cpus = static_cast<std::int64_t>(cpu_.current().cores.size());
    }
    if (const auto text = meminfo_.read(buffer_)) summary.memory = parse_meminfo(*text);
    if (const auto text = loadavg_.read(buffer_)) summary.system.load = parse_loadavg(*text);
    if (const auto text = uptime_.read(buffer_)) summary.system.uptime_s = parse_uptime(*text);
    if (const auto text = utmp_.read(buffer_)) summary.system.users = count_logged_in(*text);
    if (const auto text = net_dev_.read(buffer_)) summary.net = parse_net_dev(*text);
    for (const auto& disk : disks)
        if (disk.mount.path == "/") summary.root_disk = disk.space;
    return summary;
}

Sample Sampler::take(std::int64_t now_ms) {
    const auto local_disks = disks(now_ms);
    Sample sample;
    sample.summary = read(local_disks, cpu_.last());
    auto& points = sample.points;
    add_cpu_points(cpu_.last(), cpu_.current(), points);
    cpu_.keep(now_ms);
    add_memory_points(sample.summary.memory, points);
    add_disk_points(local_disks, points);
    add_net_points(sample.summary.net, points);
    add_system_point(sample.summary.system, points);
    add_temperature_points(thermal_zones_.read(now_ms, buffer_), points);
    points.push_back({"metrics", {}, {{"output", metrics_json(sample.summary)}}});
    return sample;
}

MetricsSummary Sampler::look(std::int64_t now_ms) { return read(disks(now_ms), cpu_.baseline(now_ms)); }

}  // namespace pncp
