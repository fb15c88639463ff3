// Which file systems are asked for their space: the real, local ones. statvfs(2) on a dead network or FUSE
// mount waits for ever, so a mount is only touched if its type is known to be local and the way to it crosses
// no such mount. Pure, except MountTable, which keeps the kernel's table open; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"

namespace pncp {

/// Local file systems reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxMounts = 32;

/// One line of the mount table. `device` is its source as mounted (`/dev/mmcblk0p2`), `path` where it is.
struct MountEntry {
    std::string device;
    std::string path;
    std::string fstype;
    bool read_only = false;
    bool operator==(const MountEntry&) const = default;
};

/// Parses /proc/self/mountinfo in its order, with `\040` and the like in names undone. Malformed lines are
/// left out. `read_only` is what the file system itself says: the sandbox of a service (ProtectSystem=) makes
/// every mount read-only for it, while the others still write.
[[nodiscard]] std::vector<MountEntry> parse_mounts(std::string_view text);

/// The mounts that may be asked, at most kMaxMounts: known local types, one a device (that on `/` if there is
/// one, else the first), none hidden under a later mount on the same path, none below a mount that could be
/// dead. `/` is kept whenever it is not such a mount itself, be it a tmpfs or an overlay: a full root matters
/// on every device.
[[nodiscard]] std::vector<MountEntry> askable_mounts(const std::vector<MountEntry>& mounts);

class MountTable {
  public:
    explicit MountTable(const std::string& root) : file_(root + "/proc/self/mountinfo") {}

    /// The askable mounts. The table is parsed again only when the kernel announces a change, or every 60 s.
    [[nodiscard]] const std::vector<MountEntry>& askable(std::int64_t now_ms, ReadBuffer& buffer);

  private:
    KeptFile file_;
    std::vector<MountEntry> askable_;
    std::int64_t read_at_ms_ = 0;
    bool read_ = false;
};

}  // namespace pncp
