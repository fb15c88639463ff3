#include <cmath>

#include "agent/builtin/commands.hpp"
#include "agent/builtin/table.hpp"
#include "agent/sampler/text.hpp"

namespace pncp::builtin {

std::string disk_table(const std::vector<DiskReading>& disks) {
    constexpr auto kLeft = Align::left;
    constexpr auto kRight = Align::right;
    std::vector<std::vector<std::string>> rows{
        {"Filesystem", "Type", "Size", "Used", "Avail", "Use%", "Mounted on"}};
    for (const auto& [mount, space] : disks) {
        // Rounded up, as df does: a file system is only shown as 0 % when nothing is used.
        const auto percent = static_cast<std::int64_t>(std::ceil(space.used_percent()));
        rows.push_back({proc::visible_text(mount.device), proc::visible_text(mount.fstype),
                        human_bytes(space.total), human_bytes(space.used), human_bytes(space.free),
                        std::to_string(percent) + "%",
                        proc::visible_text(mount.path) + (mount.read_only ? " (read-only)" : "")});
    }
    return aligned({kLeft, kLeft, kRight, kRight, kRight, kRight, kLeft}, rows);
}

CommandOutput disk(Sampler& sampler, std::int64_t now_ms) {
    const auto disks = sampler.disks(now_ms);
    if (disks.empty())
        return {kExitFailed, "",
                "disk: no local file system is mounted (network and FUSE mounts are not asked)\n"};
    return {0, disk_table(disks), ""};
}

}  // namespace pncp::builtin
