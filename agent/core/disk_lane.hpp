// What one stream of a spool has on the disk: an index of extents in memory (32 bytes for up to 48 KiB of
// rows), the segment that is being written, and how far the rows have been read back. Decides; the loop reads
// and writes. Pure; one thread.
//
// Segments are numbered from 1, grow to about kSegmentBytes, and are deleted as soon as all of their rows are
// acknowledged; so none is ever rewritten. After an error the next write begins another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/core/spool_format.hpp"

namespace pncp::agent {

class DiskLane {
  public:
    /// Small enough that a full disk spool gives up its oldest rows in steps of 1 to 2 %.
    static constexpr std::uint32_t kSegmentBytes = 1024 * 1024;

    explicit DiskLane(Stream stream) : stream_(stream) {}
    /// Of a former spool.
    DiskLane(Stream stream, std::vector<Extent> found,
             const std::vector<std::pair<std::uint32_t, std::uint64_t>>& files);

    /// No row that is not acknowledged is on the disk.
    [[nodiscard]] bool empty() const { return begin_ == extents_.size(); }
    /// Highest row ever written to the disk: those up to it need not be written again.
    [[nodiscard]] std::uint64_t spilled() const { return spilled_; }
    /// Of all files.
    [[nodiscard]] std::uint64_t bytes() const;
    [[nodiscard]] bool holds(std::uint64_t seq) const;

    // --- reading back
    /// The rows behind read_to(); nullopt when all are in memory.
    [[nodiscard]] std::optional<Extent> unread() const;
    [[nodiscard]] std::uint64_t read_to() const { return read_to_; }
    /// All rows on the disk up to `seq`, and no others, are in memory or acknowledged.
    void set_read_to(std::uint64_t seq) { read_to_ = seq; }
    /// It can't be read: its rows are gone.
    void lose(const Extent& extent);

    // --- writing
    struct Write {
        std::uint32_t segment = 0;
        std::uint32_t offset = 0;  ///< kSpoolHeaderBytes: the file is new
        Bytes bytes;
    };
    /// The one write that brings `rows` to the disk; written() follows.
    [[nodiscard]] Write plan(const Id16& spool, const RowRefs& rows);
    void written(bool ok);

    // --- giving up
    /// Rows up to `head` are acknowledged. The segments that may be deleted.
    [[nodiscard]] std::vector<std::uint32_t> release(std::uint64_t head);
    struct Dropped {
        std::uint32_t segment = 0;
        std::vector<Extent> extents;
    };
    /// Gives up the oldest segment; nullopt when there is none.
    [[nodiscard]] std::optional<Dropped> drop_oldest();

  private:
    [[nodiscard]] std::vector<std::uint32_t> files_without_rows();

    Stream stream_;
    std::vector<Extent> extents_;  ///< ascending; [0, begin_) are gone, and are erased now and then
    std::size_t begin_ = 0;
    std::map<std::uint32_t, std::uint64_t> files_;  ///< by segment: bytes
    std::uint64_t spilled_ = 0;
    std::uint64_t read_to_ = 0;
    std::uint32_t segment_ = 0;
    std::uint64_t segment_bytes_ = 0;  ///< 0 = the next write begins another segment
    std::vector<Extent> writing_;
    std::uint64_t writing_end_ = 0;
};

}  // namespace pncp::agent
