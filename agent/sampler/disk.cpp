#include "agent/sampler/disk.hpp"

#include <sys/statvfs.h>

#include <limits>
#include <string_view>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// blocks * size as a field of InfluxDB; nullopt where that overflows.
std::optional<std::int64_t> product(std::uint64_t blocks, std::uint64_t size) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (size != 0 && blocks > kMost / size) return std::nullopt;
    return static_cast<std::int64_t>(blocks * size);
}

}  // namespace

double DiskSpace::used_percent() const {
    const double writable = static_cast<double>(used) + static_cast<double>(free);
    return writable > 0 ? 100.0 * static_cast<double>(used) / writable : 0.0;
}

std::optional<DiskSpace> statvfs_space(const std::string& path) {
    struct statvfs said {};
    if (::statvfs(path.c_str(), &said) != 0) return std::nullopt;
    if (said.f_blocks == 0 || said.f_bfree > said.f_blocks || said.f_ffree > said.f_files)
        return std::nullopt;
    const auto total = product(said.f_blocks, said.f_frsize);
    const auto free = product(said.f_bavail, said.f_frsize);
    const auto used = product(said.f_blocks - said.f_bfree, said.f_frsize);
    const auto inodes_total = product(said.f_files, 1);
    const auto inodes_free = product(said.f_ffree, 1);
    if (!total || !free || !used || !inodes_total || !inodes_free) return std::nullopt;
    return DiskSpace{*total, *free, *used, *inodes_total, *inodes_free};
}

std::string device_name(const MountEntry& mount) {
    std::string_view name = mount.device;
    if (name.starts_with("/dev/")) name.remove_prefix(5);
    return proc::visible_text(name);
}

void add_disk_points(const std::vector<DiskReading>& disks, std::vector<Point>& points) {
    for (const auto& [mount, space] : disks) {
        points.push_back({"disk",
                          {{"path", proc::visible_text(mount.path)},
                           {"device", device_name(mount)},
                           {"fstype", proc::visible_text(mount.fstype)},
                           {"mode", mount.read_only ? "ro" : "rw"}},
                          {{"total", space.total},
                           {"free", space.free},
                           {"used", space.used},
                           {"used_percent", space.used_percent()},
                           {"inodes_total", space.inodes_total},
                           {"inodes_free", space.inodes_free},
                           {"inodes_used", space.inodes_total - space.inodes_free}}});
    }
}

}  // namespace pncp
