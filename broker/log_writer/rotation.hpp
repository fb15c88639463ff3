// When a log file ends and the next begins, what old files are called, and what to do with a folder as a
// crash may have left it. Pure; any thread. The steps themselves are taken by LogFile::rotate() and OldFiles.
//
//   pncp_log.txt              the live file
//   pncp_log.txt.000007       the old file before it, not compressed yet
//   pncp_log.txt.000006.gz    older; numbers only grow
//   pncp_log.txt.next         the next live file while it is prepared: a header
//   pncp_log.txt.000007.gz.part  a compressed file while it is written
//
// Rotation: write .next with its header and sync it; link the live file to its number; rename .next over the
// live name; sync the folder. Compression: write and sync .gz.part; rename it to .gz; remove the plain file.
// At every moment each line stands under the live name, a number, or both, and a plain file is the truth
// about its number, so clean_up() can tell what to do after a kill at any of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pncp::log_writer {

struct RotationPolicy {
    std::uint64_t size_bytes = 0;  ///< a file that has reached it ends; 0 = never by size
    std::int64_t age_ms = 0;       ///< since its header was written; 0 = never by age
    std::size_t keep = 0;          ///< old files; 0 = all
    bool compress = true;
};

/// Told the name of each step that changes the folder, before it is taken. For tests, which end the process
/// there.
using StepObserver = std::function<void(std::string_view step)>;

/// A file with nothing but its header never ends; a clock that went back makes no file old.
[[nodiscard]] bool rotation_due(const RotationPolicy& policy, std::uint64_t bytes, bool has_events,
                                std::int64_t begun_us, std::int64_t wall_us);

struct OldName {
    std::uint64_t number = 0;
    bool compressed = false;
    bool part = false;  ///< a compressed file that was never finished
};
/// "pncp_log.txt.000007": six digits, or more when they don't suffice.
[[nodiscard]] std::string old_name(std::string_view live, std::uint64_t number, bool compressed);
/// nullopt when `name` is no old file of `live` (both without folder).
[[nodiscard]] std::optional<OldName> parse_old_name(std::string_view live, std::string_view name);

struct FolderEntry {
    std::string name;
    std::uint64_t inode = 0;
};
struct CleanUp {
    std::vector<std::string> remove;      ///< leftovers, then what retention ends
    std::vector<std::uint64_t> compress;  ///< oldest first
    std::uint64_t next_number = 1;
};
/// `entries`: the folder, as listed; `live_inode`: of the live file.
[[nodiscard]] CleanUp plan_clean_up(std::string_view live, std::uint64_t live_inode,
                                    const std::vector<FolderEntry>& entries, const RotationPolicy& policy);

inline constexpr std::string_view kNextSuffix = ".next";
inline constexpr std::string_view kPartSuffix = ".part";
inline constexpr std::string_view kCompressedSuffix = ".gz";

}  // namespace pncp::log_writer
