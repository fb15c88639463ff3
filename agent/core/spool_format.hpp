// The files of a disk spool, to the byte. Pure: bytes in, rows out, and back; no file is opened here. Any
// thread. All integers are big endian.
//
//   file    = header, then records (in the mark file: at most one end)
//   header  = "PNCPSPL1" | spool:16 | kind:u8 | number:u32 | agent: len u8, 63 | boot id: len u8, 63 |
//   check:8 record  = length:u32 | rows:u32 | first:u64 | last:u64 | check of the payload:8 | check:8 |
//   payload end     = "CLEANEND" | heads: metrics u64, results u64 | check:8 payload = the rows as a BATCH of
//   schema/PROTOCOL.md, all of one stream, numbers without a hole
//
// A check is the first 8 bytes of SHA-256 over the spool's id and the bytes before it, so that a record is
// never taken for one of another spool. What is torn or altered is not there: reading stops before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/messages.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

enum class SpoolFileKind : std::uint8_t {
    mark = 0,     ///< says that this spool exists: written before its first row is made
    metrics = 1,  ///< a segment: rows of one stream
    results = 2,
};

struct SpoolFileHeader {
    Id16 spool{};
    SpoolFileKind kind = SpoolFileKind::mark;
    std::uint32_t number = 0;  ///< of the segment, from 1 within its spool and stream
    std::string agent;         ///< whose it is
    std::string boot_id;       ///< of the boot in which its rows were made
    bool operator==(const SpoolFileHeader&) const = default;
};
inline constexpr std::size_t kSpoolHeaderBytes = 8 + 16 + 1 + 4 + 64 + 64 + 8;
inline constexpr std::size_t kSpoolRecordHeaderBytes = 40;
inline constexpr std::size_t kSpoolEndBytes = 32;

/// Texts are cut at 63 bytes.
[[nodiscard]] Bytes encode_spool_header(const SpoolFileHeader& header);
/// From the first kSpoolHeaderBytes of a file; nullopt when they are not one.
[[nodiscard]] std::optional<SpoolFileHeader> read_spool_header(ByteView bytes);

/// What a mark file ends with after a clean stop: all rows ever made are below these heads, and each was
/// acknowledged, declared or is in the segments.
[[nodiscard]] Bytes encode_spool_end(const Id16& spool, const StreamHeads& heads);
[[nodiscard]] std::optional<StreamHeads> read_spool_end(ByteView bytes, const Id16& spool);

/// Where rows [first, last] are: whole records, one behind the other, read in one go.
struct Extent {
    std::uint32_t segment = 0;
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const Extent&) const = default;
};
/// Adds it behind the others, or joins it with the last one when together they are no more than a page.
void add_extent(std::vector<Extent>& to, const Extent& next);

/// A row that goes to disk; what it points to outlives the call.
using RowRefs = std::vector<const Row*>;
/// Appends records that hold `rows` (of one stream, ascending) to `out`, and says where each is: offsets
/// count from the beginning of `out`. A hole in the numbers begins a new record.
std::vector<Extent> append_records(Bytes& out, const Id16& spool, const RowRefs& rows);

/// Every row of the records in `bytes`, which is one extent. An error says what is wrong with them.
[[nodiscard]] Result<std::vector<Row>> read_records(ByteView bytes, const Id16& spool, Stream stream);

/// Bytes [offset, offset + size) of a file, or fewer where it ends or can't be read.
using ReadAt = std::function<Bytes(std::uint64_t offset, std::size_t size)>;
struct SegmentRows {
    std::vector<Extent> extents;
    bool whole = true;  ///< the file ends where a record ends
};
/// Finds the records of a segment by their headers; payloads are checked when they are read.
[[nodiscard]] SegmentRows walk_segment(const ReadAt& read_at, std::uint64_t file_bytes, const Id16& spool,
                                       std::uint32_t number);

/// A spool of an earlier run of this agent: to be handed over under its own id. Nothing is ever added to it.
struct FormerSpool {
    Id16 id{};
    std::string boot_id;
    bool clean = false;           ///< it ended in order and all its files are whole: nothing of it is missing
    bool handed_over = false;     ///< the broker has its rows; it may not have kept that it saw its end
    StreamHeads heads;            ///< after a clean stop what was made, else what is known to have been made
    std::vector<Extent> metrics;  ///< ascending
    std::vector<Extent> results;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> metrics_files;  ///< segment, bytes; all that exist
    std::vector<std::pair<std::uint32_t, std::uint64_t>> results_files;
};
/// Takes in a segment that was walked, behind those with lower numbers; what does not ascend is left out, and
/// the spool is then not clean.
void add_segment(FormerSpool& to, Stream stream, std::uint32_t number, std::uint64_t file_bytes,
                 const SegmentRows& found);

}  // namespace pncp::agent
