#include "agent/sampler/mounts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

constexpr auto kLocal = std::to_array<std::string_view>(
    {"ext4", "vfat", "ext2", "ext3", "btrfs", "xfs", "f2fs", "exfat", "ntfs3", "ntfs", "zfs", "jfs", "ubifs",
     "jffs2", "bcachefs", "hfs", "reiserfs", "nilfs2"});

/// Types that live in the kernel's memory or in an image: not reported, but walking through them is safe.
constexpr auto kSafe = std::to_array<std::string_view>(
    {"proc",     "sysfs",   "tmpfs", "devtmpfs",   "devpts",      "cgroup",   "cgroup2",
     "overlay",  "rootfs",  "ramfs", "squashfs",   "iso9660",     "erofs",    "mqueue",
     "debugfs",  "tracefs", "bpf",   "pstore",     "securityfs",  "configfs", "hugetlbfs",
     "efivarfs", "fusectl", "nsfs",  "rpc_pipefs", "binfmt_misc", "selinuxfs"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& types, std::string_view type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

/// Everything unknown is taken for something that could hang: NFS, SMB, 9p, FUSE, autofs and what comes after
/// them.
bool could_hang(const MountEntry& mount) {
    return !contains(kLocal, mount.fstype) && !contains(kSafe, mount.fstype);
}

bool is_below(std::string_view path, std::string_view parent) {
    return path.size() > parent.size() && path.starts_with(parent) && path[parent.size()] == '/';
}

/// Undoes the kernel's octal escapes of blank, tab, newline and backslash.
std::string unescaped(std::string_view word) {
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string out;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] == '\\' && i + 3 < word.size() && octal(word[i + 1]) && octal(word[i + 2]) &&
            octal(word[i + 3])) {
            const int code = (word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0');
            out += static_cast<char>(code & 0xFF);
            i += 3;
        } else {
            out += word[i];
        }
    }
    return out;
}

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        const auto option = options.substr(0, options.find(','));
        if (option == wanted) return true;
        options.remove_prefix(std::min(options.size(), option.size() + 1));
    }
    return false;
}

/// True if nothing that could hang lies on the way to `mount`, and nothing was mounted over it later.
bool reachable(const MountEntry& mount, const std::vector<MountEntry>& mounts) {
    for (const auto& other : mounts) {
        if (&other > &mount && other.path == mount.path) return false;
        // A root on the network does not count: the agent itself was read from there.
        if (other.path != "/" && could_hang(other) && is_below(mount.path, other.path)) return false;
    }
    return true;
}

}  // namespace

std::vector<MountEntry> parse_mounts(std::string_view text) {
    std::vector<MountEntry> mounts;
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        // Numbers of the mount, its parent and its device, and the folder of the device that is its root.
        for (int i = 0; i < 4; ++i) (void)proc::next_word(line);
        const auto path = proc::next_word(line);
        auto word = proc::next_word(line);                                  // options of this mount
        while (!word.empty() && word != "-") word = proc::next_word(line);  // any number of optional fields
        const auto fstype = proc::next_word(line);
        const auto device = proc::next_word(line);
        const auto options = proc::next_word(line);
        if (options.empty() || !path.starts_with('/')) continue;
        mounts.push_back({unescaped(device), unescaped(path), unescaped(fstype), has_option(options, "ro")});
    }
    return mounts;
}

std::vector<MountEntry> askable_mounts(const std::vector<MountEntry>& mounts) {
    std::vector<MountEntry> askable;
    for (const auto& mount : mounts) {
        const bool wanted = contains(kLocal, mount.fstype) || (mount.path == "/" && !could_hang(mount));
        if (!wanted || !reachable(mount, mounts)) continue;
        const auto twin = std::find_if(askable.begin(), askable.end(),
                                       [&](const MountEntry& known) { return known.device == mount.device; });
        if (twin == askable.end()) {
            if (askable.size() < kMaxMounts) askable.push_back(mount);
        } else if (mount.path == "/") {
            *twin = mount;
        }
    }
    return askable;
}

const std::vector<MountEntry>& MountTable::askable(std::int64_t now_ms, ReadBuffer& buffer) {
    constexpr std::int64_t kReadAgainMs = 60'000;
    const bool old = now_ms < read_at_ms_ || now_ms - read_at_ms_ >= kReadAgainMs;
    // The kernel is asked first: what changes after that is announced next time.
    if (!file_.announced_change() && read_ && !old) return askable_;
    const auto text = file_.read(buffer);
    askable_ = text ? askable_mounts(parse_mounts(*text)) : std::vector<MountEntry>{};
    read_ = text.has_value();
    read_at_ms_ = now_ms;
    return askable_;
}

}  // namespace pncp
