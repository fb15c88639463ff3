// Room on a disk that is held by a file and let go when the disk is full, so that what matters most can still
// be written. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace pncp::journal {

class DiskReserve {
  public:
    explicit DiskReserve(std::string path) : path_(std::move(path)) {}

    /// The bytes to hold from now on; 0 = none, and a file that is there goes.
    void set_bytes(std::uint64_t bytes);
    /// Holds them, if the disk has twice as much to spare. True = held, or none are wanted.
    bool hold();
    /// Gives them back to the disk. The file stays away until hold().
    void let_go();
    [[nodiscard]] bool held() const { return held_; }
    [[nodiscard]] bool wanted() const { return bytes_ != 0; }

  private:
    std::string path_;
    std::uint64_t bytes_ = 0;
    bool held_ = false;
};

/// Bytes that an ordinary user may still write on the disk of `path`; 0 when it can't be told.
[[nodiscard]] std::uint64_t free_disk_bytes(const std::string& path);

}  // namespace pncp::journal
