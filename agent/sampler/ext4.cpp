#include "agent/sampler/ext4.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

std::optional<std::int64_t> count_in(std::string_view text) {
    const auto line = proc::next_line(text);
    const auto number = line ? proc::to_integer(proc::trimmed(*line)) : std::nullopt;
    return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_kibibytes(std::string_view text) {
    const auto number = count_in(text);
    if (!number || *number > std::numeric_limits<std::int64_t>::max() / 1024) return std::nullopt;
    return *number * 1024;
}

void Ext4FileSystems::search() {
    std::vector<Files> found;
    for (const auto& device : names_in(folder_, "", kMaxExt4)) {
        if (device == "features") continue;  // of the driver, not a file system
        const auto known = std::find_if(files_.begin(), files_.end(),
                                        [&](const Files& one) { return one.device == device; });
        const std::string folder = folder_ + "/" + device;
        found.push_back({device, KeptFile{folder + "/lifetime_write_kbytes"},
                         KeptFile{folder + "/errors_count"},
                         known == files_.end() ? std::nullopt : known->last_errors});
    }
    files_ = std::move(found);
}

std::vector<Ext4Reading> Ext4FileSystems::read(std::int64_t now_ms, ReadBuffer& buffer,
                                               std::vector<DeviceEdge>& edges) {
    if (search_.due(now_ms)) search();
    std::vector<Ext4Reading> readings;
    for (auto& files : files_) {
        Ext4Reading reading{files.device, {}, {}};
        if (const auto text = files.written.read(buffer))
            reading.lifetime_write_bytes = parse_kibibytes(*text);
        if (const auto text = files.errors.read(buffer)) reading.errors = count_in(*text);
        if (!reading.lifetime_write_bytes && !reading.errors) continue;
        if (reading.errors && files.last_errors && *reading.errors > *files.last_errors)
            edges.push_back({"ext4_errors", proc::visible_text(files.device) + ": from " +
                                                std::to_string(*files.last_errors) + " to " +
                                                std::to_string(*reading.errors) + "; see dmesg, then fsck"});
        if (reading.errors) files.last_errors = reading.errors;
        readings.push_back(std::move(reading));
    }
    return readings;
}

void add_ext4_points(const std::vector<Ext4Reading>& file_systems, std::vector<Point>& points) {
    for (const auto& one : file_systems) {
        Point point{"pi_ext4", {{"device", proc::visible_text(one.device)}}, {}};
        if (one.lifetime_write_bytes)
            point.fields.emplace_back("lifetime_write_bytes", *one.lifetime_write_bytes);
        if (one.errors) point.fields.emplace_back("errors", *one.errors);
        points.push_back(std::move(point));
    }
}

}  // namespace pncp
