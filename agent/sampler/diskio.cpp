#include "agent/sampler/diskio.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr std::size_t kColumns = 11;
constexpr std::int64_t kSectorBytes = 512;
/// Lines of the file that are looked at; a machine with more is no device for this agent.
constexpr std::size_t kMaxLines = 1'024;

bool is_unreal(std::string_view name) { return name.starts_with("loop") || name.starts_with("ram"); }

}  // namespace

std::optional<DiskTrafficReading> parse_disk_columns(std::string_view columns) {
    constexpr std::int64_t kMostSectors = std::numeric_limits<std::int64_t>::max() / kSectorBytes;
    std::array<std::int64_t, kColumns> value{};
    for (auto& column : value) {
        const auto number = proc::to_integer(proc::next_word(columns));
        if (!number || *number < 0) return std::nullopt;
        column = *number;
    }
    if (value[2] > kMostSectors || value[6] > kMostSectors) return std::nullopt;
    return DiskTrafficReading{{},       value[0], value[1], value[2] * kSectorBytes,
                              value[3], value[4], value[5], value[6] * kSectorBytes,
                              value[7], value[8], value[9], value[10]};
}

std::vector<DiskTrafficReading> parse_diskstats(std::string_view text) {
    std::vector<DiskTrafficReading> disks;
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        (void)proc::next_word(line);  // major and minor number
        (void)proc::next_word(line);
        const auto name = proc::next_word(line);
        if (name.empty() || is_unreal(name) || disks.size() >= kMaxLines) continue;
        auto reading = parse_disk_columns(line);
        if (!reading || (reading->reads == 0 && reading->writes == 0)) continue;
        reading->name = std::string{name};
        disks.push_back(*std::move(reading));
    }
    return disks;
}

bool DiskTraffic::is_whole(const std::string& name) {
    for (const auto& one : known_)
        if (one.name == name) return one.whole;
    std::string folder = name;
    std::replace(folder.begin(), folder.end(), '/', '!');  // cciss/c0d0 is cciss!c0d0 in /sys
    const bool whole = ::access((blocks_ + folder).c_str(), F_OK) == 0;
    known_.push_back({name, whole});
    return whole;
}

std::vector<DiskTrafficReading> DiskTraffic::read(std::int64_t now_ms, ReadBuffer& buffer) {
    if (forget_.due(now_ms)) known_.clear();
    const auto text = file_.read(buffer);
    if (!text) return {};
    auto disks = parse_diskstats(*text);
    std::erase_if(disks, [this](const DiskTrafficReading& one) { return !is_whole(one.name); });
    if (disks.size() > kMaxDisks) disks.resize(kMaxDisks);
    return disks;
}

void add_diskio_points(const std::vector<DiskTrafficReading>& disks, std::vector<Point>& points) {
    for (const auto& one : disks) {
        points.push_back({"diskio",
                          {{"name", proc::visible_text(one.name)}},
                          {{"reads", one.reads},
                           {"writes", one.writes},
                           {"read_bytes", one.read_bytes},
                           {"write_bytes", one.write_bytes},
                           {"read_time", one.read_ms},
                           {"write_time", one.write_ms},
                           {"io_time", one.io_ms},
                           {"weighted_io_time", one.weighted_io_ms},
                           {"iops_in_progress", one.in_progress},
                           {"merged_reads", one.merged_reads},
                           {"merged_writes", one.merged_writes}}});
    }
}

}  // namespace pncp
