// Reads the live file as it grows, and goes on in the next when it is rotated or moved away: for `log show
// --follow`. The caller polls; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/log_writer/log_record.hpp"
#include "schema/result.hpp"

namespace pncp::log_writer {

class LogFollower {
  public:
    /// Begins with the live file's first line; it need not exist yet.
    explicit LogFollower(std::string live_path) : path_(std::move(live_path)) {}
    ~LogFollower();
    LogFollower(const LogFollower&) = delete;
    LogFollower& operator=(const LogFollower&) = delete;

    /// The whole lines (without '\n') that have come since the last call, at most about a megabyte; none when
    /// there is nothing new.
    [[nodiscard]] Result<std::vector<std::string>> poll();

  private:
    [[nodiscard]] bool open();
    [[nodiscard]] Status read(std::vector<std::string>& lines);
    void note(const std::string& line);
    /// Files that were begun and rotated away between two calls.
    [[nodiscard]] Status catch_up(std::vector<std::string>& lines);

    std::string path_;
    int fd_ = -1;
    std::string rest_;                ///< a line that is not finished
    std::optional<Key32> last_hash_;  ///< of the last line handed out
};

}  // namespace pncp::log_writer
