// The file of points that the store refused: a comment with time and reason, then the line as it was sent.
// Comments are no points to InfluxDB, so a repaired file can be posted as it is. A restart may write a letter
// again; none is lost. One thread. Bounded: past kDeadLetterBytes the file becomes PATH.1, and what PATH.1
// held before is gone (and said).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/influx_bridge/event_lines.hpp"
#include "schema/result.hpp"

namespace pncp::influx {

/// A device that sends one bad point of 1 kB every 10 s fills this in a week.
inline constexpr std::int64_t kDeadLetterBytes = 64 << 20;

/// "# TIME REASON\nLINE\n"; neither a reason nor an empty line can break the comment.
[[nodiscard]] std::string format_dead_letter(const DeadLetter& letter, std::int64_t wall_us);

class DeadLetterFile {
  public:
    explicit DeadLetterFile(std::string path, std::int64_t max_bytes = kDeadLetterBytes)
        : path_(std::move(path)), max_bytes_(max_bytes) {}
    ~DeadLetterFile();
    DeadLetterFile(const DeadLetterFile&) = delete;
    DeadLetterFile& operator=(const DeadLetterFile&) = delete;

    /// Appends and syncs all of them, or none: on an error (disk full, no permission) what was half written
    /// is cut off again. The file is made, 0640, with the first letter.
    [[nodiscard]] Status append(const std::vector<DeadLetter>& letters, std::int64_t wall_us);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    [[nodiscard]] Status open_file();
    [[nodiscard]] Status rotate();

    std::string path_;
    std::int64_t max_bytes_;
    int fd_ = -1;
};

}  // namespace pncp::influx
