// Traffic of each disk, from /proc/diskstats, and the points `diskio` made of it. Parsing is pure;
// DiskTraffic keeps the file open. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Disks reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxDisks = 32;

/// Counted since boot, but for `in_progress`. Counters start again at 0 with a new card, and wrap at 2^32
/// sectors (2 TiB) on a 32-bit kernel; so do Telegraf's.
struct DiskTrafficReading {
    std::string name;
    std::int64_t reads = 0;
    std::int64_t merged_reads = 0;
    std::int64_t read_bytes = 0;
    std::int64_t read_ms = 0;
    std::int64_t writes = 0;
    std::int64_t merged_writes = 0;
    std::int64_t write_bytes = 0;
    std::int64_t write_ms = 0;
    std::int64_t in_progress = 0;
    std::int64_t io_ms = 0;
    std::int64_t weighted_io_ms = 0;
    bool operator==(const DiskTrafficReading&) const = default;
};

/// The eleven columns that follow a name in /proc/diskstats, and that /sys/block/NAME/stat has alone
/// (Documentation/block/stat.rst); sectors are of 512 bytes always. nullopt if one is missing or too large.
[[nodiscard]] std::optional<DiskTrafficReading> parse_disk_columns(std::string_view columns);

/// Lines in the file's order, partitions too; not loop and RAM disks, nor what was never read or written.
[[nodiscard]] std::vector<DiskTrafficReading> parse_diskstats(std::string_view text);

class DiskTraffic {
  public:
    explicit DiskTraffic(const std::string& root)
        : blocks_(root + "/sys/block/"), file_(root + "/proc/diskstats") {}

    /// Whole disks (those in /sys/block), at most kMaxDisks: what goes to a partition goes to its disk.
    [[nodiscard]] std::vector<DiskTrafficReading> read(std::int64_t now_ms, ReadBuffer& buffer);

  private:
    struct Known {
        std::string name;
        bool whole;
    };
    [[nodiscard]] bool is_whole(const std::string& name);

    std::string blocks_;
    KeptFile file_;
    std::vector<Known> known_;
    Periodic forget_{60'000};
};

void add_diskio_points(const std::vector<DiskTrafficReading>& disks, std::vector<Point>& points);

}  // namespace pncp
