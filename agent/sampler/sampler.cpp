#include "agent/sampler/sampler.hpp"

#include <utility>

#include "agent/sampler/users.hpp"

namespace pncp {
namespace {

std::string without_slash(std::string root) {
    while (root.ends_with('/')) root.pop_back();
    return root;
}

std::vector<Periodic> schedule_of(const GroupIntervals& intervals) {
    std::vector<Periodic> schedule;
    schedule.reserve(kMetricGroups);
    for (std::size_t i = 0; i < kMetricGroups; ++i)
        schedule.emplace_back(intervals.of(static_cast<MetricGroup>(i)));
    return schedule;
}

}  // namespace

Sampler::Sampler(SamplerOptions options)
    : root_(without_slash(std::move(options.root))),
      disk_space_(std::move(options.disk_space)),
      schedule_(schedule_of(options.intervals)),
      cpu_(root_),
      frequencies_(root_),
      meminfo_(root_ + "/proc/meminfo"),
      pressure_(root_),
      mounts_(root_),
      disk_traffic_(root_),
      loadavg_(root_ + "/proc/loadavg"),
      uptime_(root_ + "/proc/uptime"),
      utmp_(root_ + "/var/run/utmp"),
      boot_id_(root_ + "/proc/sys/kernel/random/boot_id"),
      net_dev_(root_ + "/proc/net/dev"),
      net_links_(root_),
      wireless_(root_ + "/proc/net/wireless"),
      wifi_rate_(std::move(options.wifi_rate)),
      processes_(root_),
      thermal_zones_(root_),
      hwmons_(root_),
      pi_(root_, std::move(options.firmware)),
      ext4_(root_),
      sd_cards_(root_, options.sd_endurance_tb) {}

bool Sampler::due(MetricGroup group, std::int64_t now_ms) {
    return schedule_[static_cast<std::size_t>(group)].due(now_ms);
}

void Sampler::set_interval(MetricGroup group, std::int64_t interval_ms) {
    Periodic& schedule = schedule_[static_cast<std::size_t>(group)];
    if (schedule.interval_ms() != interval_ms) schedule = Periodic{interval_ms};
}

std::vector<DiskReading> Sampler::disks(std::int64_t now_ms) {
    std::vector<DiskReading> readings;
    for (const auto& mount : mounts_.askable(now_ms, buffer_)) {
        if (const auto space = disk_space_(root_ + mount.path)) readings.push_back({mount, *space});
    }
    return readings;
}

namespace {

std::optional<DiskSpace> root_space(const std::vector<DiskReading>& disks) {
    for (const auto& disk : disks)
        if (disk.mount.path == "/") return disk.space;
    return std::nullopt;
}

}  // namespace

// --- readings that the metrics JSON shows

void Sampler::read_cpu(const CpuStat& baseline, MetricsSummary& summary) {
    summary.cpu_percent.clear();
    summary.system.cpus.reset();
    if (!cpu_.read(buffer_)) return;
    summary.cpu_percent = busy_percents(baseline, cpu_.current());
    if (!cpu_.current().cores.empty())
        summary.system.cpus = static_cast<std::int64_t>(cpu_.current().cores.size());
}

void Sampler::read_memory(MetricsSummary& summary) {
    const auto text = meminfo_.read(buffer_);
    summary.memory = text ? parse_meminfo(*text) : MemInfo{};
}

void Sampler::read_net(MetricsSummary& summary) {
    const auto text = net_dev_.read(buffer_);
    summary.net = text ? parse_net_dev(*text) : std::vector<NetReading>{};
}

void Sampler::read_system(MetricsSummary& summary) {
    auto& system = summary.system;
    const auto load = loadavg_.read(buffer_);
    system.load = load ? parse_loadavg(*load) : std::nullopt;
    const auto uptime = uptime_.read(buffer_);
    system.uptime_s = uptime ? parse_uptime(*uptime) : std::nullopt;
    const auto users = utmp_.read(buffer_);
    system.users = users ? std::optional{count_logged_in(*users)} : std::nullopt;
}

// --- groups

void Sampler::take_cpu(std::int64_t now_ms, std::vector<Point>& points) {
    read_cpu(cpu_.last(), latest_);
    add_cpu_points(cpu_.last(), cpu_.current(), points);
    add_kernel_point(cpu_.kernel(), points);
    cpu_.keep(now_ms);
    add_frequency_points(frequencies_.read(now_ms, buffer_), points);
}

void Sampler::take_disks(std::int64_t now_ms, Sample& sample) {
    const auto local = disks(now_ms);
    latest_.root_disk = root_space(local);
    add_disk_points(local, sample.points);
    for (const auto& mount : mounts_.askable(now_ms, buffer_)) {
        if (mount.path != "/") continue;
        sample.points.push_back({"pi_root", {}, {{"read_only", mount.read_only}}});
        if (root_read_only_ && *root_read_only_ != mount.read_only)
            sample.edges.push_back(
                {"root_read_only", mount.read_only ? "began; see dmesg for the reason" : "ended"});
        root_read_only_ = mount.read_only;
    }
}

void Sampler::take_wireless(std::vector<Point>& points) {
    const auto text = wireless_.read(buffer_);
    if (!text) return;
    const auto interfaces = parse_wireless(*text);
    if (wifi_rate_ || !root_.empty())
        add_wireless_points(interfaces, wifi_rate_, points);
    else
        add_wireless_points(interfaces, std::ref(live_wifi_rate_), points);
}

void Sampler::take_net(std::int64_t now_ms, bool net_due, bool link_due, std::vector<Point>& points) {
    read_net(latest_);
    // An interface that is new or has another name is looked at in between.
    if (link_due || !net_links_.fill_in_speeds(latest_.net)) {
        const auto links = net_links_.read(latest_.net, now_ms, buffer_);
        if (link_due) add_link_points(latest_.net, links, points);
        (void)net_links_.fill_in_speeds(latest_.net);
    }
    if (net_due) add_net_points(latest_.net, points);
    if (link_due) take_wireless(points);
}

void Sampler::take_system(std::vector<Point>& points) {
    read_system(latest_);
    if (latest_.system.boot_id.empty()) {  // it stays the same for as long as this program can run
        if (const auto text = boot_id_.read(buffer_)) latest_.system.boot_id = parse_boot_id(*text);
    }
    add_system_point(latest_.system, points);
}

void Sampler::take_temperatures(std::int64_t now_ms, std::vector<Point>& points) {
    add_temperature_points(thermal_zones_.read(now_ms, buffer_), points);
    const auto is_zone = [this](std::string_view name) { return thermal_zones_.has_type(name); };
    add_temperature_points(hwmons_.read(now_ms, buffer_, is_zone), points);
}

void Sampler::take_cards(std::int64_t now_ms, Sample& sample) {
    const auto file_systems = ext4_.read(now_ms, buffer_, sample.edges);
    add_ext4_points(file_systems, sample.points);
    sd_cards_.add_points(now_ms, file_systems, buffer_, sample.points);
}

Sample Sampler::take(std::int64_t now_ms) {
    using enum MetricGroup;
    Sample sample;
    auto& points = sample.points;
    if (due(cpu, now_ms)) take_cpu(now_ms, points);
    if (due(mem, now_ms)) {
        read_memory(latest_);
        add_memory_points(latest_.memory, points);
    }
    if (due(pressure, now_ms)) pressure_.add_points(buffer_, points);
    if (due(disk, now_ms)) take_disks(now_ms, sample);
    if (due(diskio, now_ms)) add_diskio_points(disk_traffic_.read(now_ms, buffer_), points);
    const bool net_due = due(net, now_ms);
    const bool link_due = due(link, now_ms);
    if (net_due || link_due) take_net(now_ms, net_due, link_due, points);
    if (due(system, now_ms)) take_system(points);
    if (due(processes, now_ms)) {
        if (const auto counts = processes_.read()) add_processes_point(*counts, points);
    }
    if (due(temp, now_ms)) take_temperatures(now_ms, points);
    if (due(pi, now_ms)) pi_.add_points(now_ms, buffer_, points, sample.edges);
    if (due(sd, now_ms)) take_cards(now_ms, sample);
    if (due(info, now_ms)) {
        add_board_points(root_, buffer_, points);
        sd_cards_.add_info_points(now_ms, buffer_, points);
    }
    sample.summary = latest_;
    if (due(metrics, now_ms)) points.push_back({"metrics", {}, {{"output", metrics_json(latest_)}}});
    return sample;
}

MetricsSummary Sampler::look(std::int64_t now_ms) {
    MetricsSummary summary;
    read_cpu(cpu_.baseline(now_ms), summary);
    read_memory(summary);
    read_net(summary);
    read_system(summary);
    summary.root_disk = root_space(disks(now_ms));
    return summary;
}

}  // namespace pncp
