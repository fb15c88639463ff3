// pncp_log.txt on the disk: append, sync by group, heal after a crash, lock against a second writer. One
// thread.
//
// Lines wait in memory until they are synced, so that neither a full disk nor a sync that fails can lose one:
// what may not have reached the disk is cut off and written again. Whoever adds lines minds full().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/log_writer/log_record.hpp"
#include "broker/log_writer/rotation.hpp"
#include "schema/result.hpp"

namespace pncp::log_writer {

class LogFile {
  public:
    /// Opens or makes the file (0640), takes its lock, cuts a torn last line, and finds out where it stands.
    /// One without a line yet stands where its predecessor ends.
    [[nodiscard]] static Result<LogFile> open(std::string path);

    LogFile(LogFile&& other) noexcept;
    LogFile& operator=(LogFile&& other) noexcept;
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;
    ~LogFile();

    /// What was healed when it was opened, for a person; "" = nothing.
    [[nodiscard]] const std::string& healed() const { return healed_; }
    /// No line yet, not even a header.
    [[nodiscard]] bool fresh() const { return synced_bytes_ == 0 && lines_.empty(); }
    [[nodiscard]] std::uint64_t bytes() const { return synced_bytes_ + lines_.size(); }
    /// More than a header.
    [[nodiscard]] bool has_events() const { return bytes() > header_bytes_ && header_bytes_ > 0; }
    /// When its header was written, by the wall clock; 0 = it has none.
    [[nodiscard]] std::int64_t begun_us() const { return begun_us_; }
    /// Where the file stands once everything added is written; add() is given lines that follow it.
    [[nodiscard]] ChainState& chain() { return chain_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    void add(std::string_view line);
    [[nodiscard]] std::size_t unsynced_lines() const { return line_count_; }
    /// As many lines wait as may: sync first.
    [[nodiscard]] bool full() const;

    /// Hands the lines added to the kernel, where readers see them. On failure they wait on.
    [[nodiscard]] Status write();
    /// write(), then fdatasync: they survive a power cut. On failure they are written again next time.
    [[nodiscard]] Status sync();

    /// Syncs, then opens the path anew, after somebody has moved the file away. The chain goes on in the new
    /// file, which must be empty; one that holds another log is refused, and the old file stays open.
    [[nodiscard]] Status reopen();

    /// Syncs, gives the file the name `old_path`, and goes on in a new one that begins with `header`, after
    /// which it stands at `after`. On failure everything stays as it was. See rotation.hpp.
    [[nodiscard]] Status rotate(const std::string& old_path, std::string_view header, const ChainState& after,
                                const StepObserver& before = {});

    /// Lines of one group: one fdatasync takes 0.1 to 20 ms, so 256 a group is 10,000 lines/s on the slowest
    /// SD card.
    static constexpr std::size_t kGroupLines = 256;

  private:
    LogFile() = default;
    LogFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    [[nodiscard]] static Result<LogFile> open_alone(std::string path);
    [[nodiscard]] Status recover();
    [[nodiscard]] Status follow_predecessor();
    /// Where an old file ends, healed if need be; nullopt when it has no line.
    [[nodiscard]] Result<std::optional<ChainState>> end_of(const std::string& old_path);
    [[nodiscard]] Status read_header();
    [[nodiscard]] Status prepare_next(const std::string& path, std::string_view header, LogFile& next) const;
    [[nodiscard]] Status move_to(const std::string& old_path, const std::string& next_path,
                                 const StepObserver& before) const;
    [[nodiscard]] Status cut(std::uint64_t good_bytes, std::uint64_t file_bytes, bool keep_copy);
    [[nodiscard]] Error trouble(std::string_view what, int error_number) const;

    std::string path_;
    int fd_ = -1;
    std::string healed_;
    ChainState chain_;
    std::uint64_t synced_bytes_ = 0;
    std::string lines_;  ///< not synced yet
    std::size_t line_count_ = 0;
    std::size_t written_ = 0;  ///< bytes of lines_ that the kernel has
    std::uint64_t header_bytes_ = 0;
    std::int64_t begun_us_ = 0;
    bool write_anew_ = false;  ///< a sync failed: what was written since the last one may be gone
};

}  // namespace pncp::log_writer
