// What ext4 file systems remember of themselves, from /sys/fs/ext4: everything written in their life, and
// errors. One thread; files stay open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/device_edge.hpp"
#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "schema/point.hpp"

namespace pncp {

/// File systems reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxExt4 = 16;

struct Ext4Reading {
    std::string device;                                ///< `mmcblk0p2`
    std::optional<std::int64_t> lifetime_write_bytes;  ///< since it was made
    std::optional<std::int64_t> errors;                ///< since the last fsck(8)
    bool operator==(const Ext4Reading&) const = default;
};

/// Bytes of the text of `lifetime_write_kbytes`; nullopt past 2^63 - 1 of them.
[[nodiscard]] std::optional<std::int64_t> parse_kibibytes(std::string_view text);

class Ext4FileSystems {
  public:
    explicit Ext4FileSystems(const std::string& root) : folder_(root + "/sys/fs/ext4") {}

    /// Every file system that is mounted; searched for on the first call and every 60 s. Errors that were
    /// added since the last reading are an event `ext4_errors`.
    [[nodiscard]] std::vector<Ext4Reading> read(std::int64_t now_ms, ReadBuffer& buffer,
                                                std::vector<DeviceEdge>& edges);

  private:
    struct Files {
        std::string device;
        KeptFile written;
        KeptFile errors;
        std::optional<std::int64_t> last_errors;
    };
    void search();

    std::string folder_;
    std::vector<Files> files_;
    Periodic search_{60'000};
};

void add_ext4_points(const std::vector<Ext4Reading>& file_systems, std::vector<Point>& points);

}  // namespace pncp
