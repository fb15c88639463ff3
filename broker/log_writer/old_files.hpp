// The files beside the live one, on the disk: clean-up after a crash, compression in small parts (so that the
// feed is never held up), retention, and where the newest of them stands. See rotation.hpp. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log_writer/rotation.hpp"
#include "schema/result.hpp"

namespace pncp::log_writer {

/// Makes names in the folder of `path` durable; without effect where a folder can't be synced.
void sync_folder(const std::string& path);

/// The entries of the folder of `path`, which may have none.
[[nodiscard]] Result<std::vector<FolderEntry>> list_folder(const std::string& path);

/// Files that the live one at `path` may follow, the newest first: old files by number, and before them what
/// another program moved away more recently (`pncp_log.txt.1`, `pncp_log.txt-20260131`).
[[nodiscard]] Result<std::vector<std::string>> predecessors(const std::string& path);

class OldFiles {
  public:
    /// `live_path`: the live file, which exists.
    OldFiles(std::string live_path, RotationPolicy policy, StepObserver before = {});
    ~OldFiles();
    OldFiles(OldFiles&&) noexcept;
    OldFiles& operator=(OldFiles&&) noexcept;
    OldFiles(const OldFiles&) = delete;
    OldFiles& operator=(const OldFiles&) = delete;

    /// At start and after each rotation: removes what a crash left and what retention ends, and finds what is
    /// to be compressed.
    [[nodiscard]] Status tidy();
    /// Where the live file goes next; after tidy().
    [[nodiscard]] std::string next_path() const;

    /// True while there is something to compress.
    [[nodiscard]] bool busy() const { return !waiting_.empty(); }
    /// When step() has something to do: `busy()`, and not after a failure just now.
    [[nodiscard]] std::int64_t retry_at_ms() const { return retry_at_ms_; }
    /// Compresses a part (some milliseconds). On failure the plain file stays, and it is tried again later.
    [[nodiscard]] Status step(std::int64_t now_ms);

  private:
    struct Job;
    [[nodiscard]] Status begin(std::uint64_t number);
    [[nodiscard]] Status finish(std::uint64_t number);
    [[nodiscard]] std::string path_of(std::uint64_t number, bool compressed) const;
    void observe(std::string_view step) const {
        if (before_) before_(step);
    }

    std::string live_path_;
    std::string folder_;  ///< with its '/', or ""
    std::string live_;    ///< without the folder
    RotationPolicy policy_;
    StepObserver before_;
    std::deque<std::uint64_t> waiting_;
    std::unique_ptr<Job> job_;
    std::uint64_t next_number_ = 1;
    std::int64_t retry_at_ms_ = 0;
};

}  // namespace pncp::log_writer
