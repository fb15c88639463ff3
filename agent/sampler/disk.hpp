// Space and inodes of the local file systems: what statvfs(2) says, and the points `disk` made of it.
// Pure, except statvfs_space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/sampler/mounts.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Bytes and inodes. `free` is what a user may still write; the reserve of root is neither free nor used, so
/// that used + free may be less than total, as with df(1). File systems without a fixed number of inodes have
/// 0 of them.
struct DiskSpace {
    std::int64_t total = 0;
    std::int64_t free = 0;
    std::int64_t used = 0;
    std::int64_t inodes_total = 0;
    std::int64_t inodes_free = 0;

    /// Of what users can write: used / (used + free), as df(1) and psutil count it.
    [[nodiscard]] double used_percent() const;
};

struct DiskReading {
    MountEntry mount;
    DiskSpace space;
};

/// Asks the kernel about the file system at `path`; nullopt if it cannot say, has no size, or says what
/// cannot be.
[[nodiscard]] std::optional<DiskSpace> statvfs_space(const std::string& path);

/// The device's name as Telegraf writes it: without `/dev/`; control characters shown.
[[nodiscard]] std::string device_name(const MountEntry& mount);

void add_disk_points(const std::vector<DiskReading>& disks, std::vector<Point>& points);

}  // namespace pncp
