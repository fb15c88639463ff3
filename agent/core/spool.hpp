// The spool: what the broker has not acknowledged yet. Two streams, each numbered from 1 within this spool's
// id. Pure; one thread. Rows handed out are copies.
//
//   add() ──▶ waiting ──next_batch()──▶ in flight ──acknowledge()──▶ gone
//                │  ▲                      │
//                │  └── time-out, resume() ┘      (everything unacknowledged is sent again, in order)
//                └──▶ dropped when full ──▶ a GAP row in the results stream declares it
//
// Memory holds all of it, bounded by bytes, unless a disk is used. Then what has waited too long is written
// there, leaves memory, and is read back page by page when it is its turn. A lane is, in order:
//
//   rows: may be sent now      on the disk, not read back      fresh: made since
//   [ in flight | waiting ]    [ extent | extent | … ]         [ … ]
//
// A BATCH holds rows of one stream, so that metrics which the broker holds up never hold up results; the
// metrics' window adapts to how soon the broker answers. A former spool (of an earlier run, from the disk) is
// only ever emptied: its losses are declared by the broker, which sees the numbers jump, or end early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/core/disk_lane.hpp"
#include "agent/core/send_window.hpp"
#include "schema/event_bodies.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {

class Spool {
  public:
    /// What a row costs beside its body: its place in the queue and the allocator's bookkeeping.
    static constexpr std::size_t kRowCost = sizeof(Row) + 32;
    /// Of the BATCH frames in flight, this many are left to results, however many metrics wait.
    static constexpr std::size_t kBatchesForResults = 2;
    /// Ranges dropped and not yet declared, per stream. Past that neighbours are joined, which declares too
    /// much rather than too little.
    static constexpr std::size_t kPendingGaps = 16;
    /// The ack time-out doubles up to here.
    static constexpr std::int64_t kAckTimeoutLongestMs = 60'000;

    /// `boot_id` goes into every BATCH.
    Spool(const Id16& id, std::string boot_id, std::size_t max_bytes);
    /// Of an earlier run; `boot_id` is of this boot.
    Spool(FormerSpool former, const std::string& boot_id, std::size_t max_bytes);

    /// Appends a row and returns its sequence. What no longer fits is dropped: oldest metrics first, results
    /// last. Not for a former spool.
    std::uint64_t add(Stream stream, RowKind kind, const Clock& now, Bytes body);

    /// The next frame's worth of rows to send now; nullopt when nothing waits, the window is full, or no
    /// session is on. First it turns pending gaps into rows.
    [[nodiscard]] std::optional<Batch> next_batch(const Clock& now);

    /// A session began and the broker says what it holds of this spool: sending starts over behind it.
    void resume(const StreamHeads& acknowledged);
    /// The session is gone: nothing is sent until resume().
    void suspend();

    /// Releases rows up to these heads. False, changing nothing, when they speak of rows that were never
    /// made (of a former spool nobody knows which were).
    bool acknowledge(const StreamHeads& heads, std::int64_t now_ms);

    /// Sends again what was not acknowledged in time.
    void on_timer(std::int64_t now_ms);
    /// When on_timer() or spill_bytes() has something to do; nullopt: nothing is on the way.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;

    // --- disk (spool_disk.cpp)
    /// From now on what has waited `spill_after_ms` unacknowledged is written to the disk, in one write a
    /// stream per that time; sooner when memory is full.
    void use_disk(std::int64_t spill_after_ms);
    /// Bytes that a write due now needs at most; 0 = none is due.
    [[nodiscard]] std::size_t spill_bytes(const Clock& now);
    /// Emits the writes.
    void spill(Actions& out);
    /// A write was not possible: until the next one is due, memory is all there is.
    void disk_failed(std::int64_t now_ms);
    void on_appended(Stream stream, bool ok, std::int64_t now_ms);
    /// Emits what else there is to do: pages to read, segments to delete.
    void disk_chores(Actions& out);
    /// The answer to SpoolRead; an error makes its rows lost, and declared. False for one that was not asked
    /// for.
    bool on_read(Stream stream, const Extent& extent, const Result<Bytes>& bytes);
    /// Makes room on the disk; false when there is nothing of this stream.
    bool drop_oldest_on_disk(Stream stream);
    /// Everything that is only in memory is to be written now, pending gaps as rows: the agent stops.
    void flush_all(const Clock& now);
    /// After flush_all(): all of it is on the disk.
    [[nodiscard]] bool flushed() const;
    /// False when something was lost that only the end of this spool can declare.
    [[nodiscard]] bool whole() const { return whole_; }
    [[nodiscard]] std::uint64_t disk_bytes() const;
    [[nodiscard]] bool disk_works() const { return disk_ == Disk::works; }

    [[nodiscard]] bool holds(Stream stream, std::uint64_t seq) const;
    /// True when everything ever made, declared losses included, is acknowledged.
    [[nodiscard]] bool empty() const;
    [[nodiscard]] const Id16& id() const { return id_; }
    /// Highest sequence made of each stream.
    [[nodiscard]] StreamHeads heads() const;
    [[nodiscard]] StreamHeads acknowledged() const;
    /// Of memory.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  private:
    static constexpr const char* kSpoolFull = "dropped by the device: its spool was full";

    static constexpr std::uint64_t kNotSent = 0;

    struct Gap {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        const char* reason = "";
        /// The lane's flight that its rows were on the way in; kNotSent: they were not.
        std::uint64_t flight = kNotSent;
    };
    struct Sent {
        std::uint64_t last = 0;
        std::size_t rows = 0;
        std::int64_t at_ms = 0;
    };
    enum class Disk : std::uint8_t { none, works, fails };
    struct Lane {
        explicit Lane(DiskLane on_disk) : disk(std::move(on_disk)) {}
        Stream stream = Stream::metrics;
        std::deque<Row> rows;   ///< may be sent; those up to disk.read_to() are on the disk too
        std::size_t sent = 0;   ///< rows [0, sent) are in flight
        std::deque<Row> fresh;  ///< empty unless rows on the disk stand between
        DiskLane disk;
        bool reading = false;
        bool writing = false;
        bool failed = false;  ///< its last write
        std::uint64_t made = 0;
        std::uint64_t acknowledged = 0;
        std::deque<Sent> in_flight;  ///< each BATCH on the way
        std::int64_t timeout_ms = limits::kAckTimeoutMs;
        std::int64_t deadline_ms = 0;  ///< valid while something is in flight
        /// A run of batches, each of which is taken only behind the one before, so that the broker's head
        /// proves that all that was sent up to it arrived. What is sent again begins another run, at the
        /// head.
        std::uint64_t flight = kNotSent;
        std::uint64_t sent_to = 0;  ///< the last row of the flight so far
        bool broken = true;         ///< the next batch begins a flight
        std::vector<Gap> gaps;      ///< dropped, not yet a GAP row
    };

    [[nodiscard]] Lane& lane(Stream stream) { return lanes_[stream == Stream::metrics ? 0 : 1]; }
    [[nodiscard]] const Lane& lane(Stream stream) const { return lanes_[stream == Stream::metrics ? 0 : 1]; }
    [[nodiscard]] bool window_open(const Lane& of) const;
    [[nodiscard]] std::size_t rows_allowed(const Lane& of) const;
    std::uint64_t append(Lane& to, RowKind kind, const Clock& now, Bytes body);
    [[nodiscard]] Batch take_batch(Lane& from, const Clock& now);
    void release_to(Lane& of, std::uint64_t head);
    void make_room();
    bool drop_oldest(Lane& of);
    static void note_gap(std::vector<Gap>& gaps, const Gap& gap);
    static void forget_delivered_gaps(Lane& of, std::uint64_t head);
    /// For Gap::flight of rows up to `last`.
    [[nodiscard]] static std::uint64_t flight_of(const Lane& of, std::uint64_t last) {
        return last <= of.sent_to ? of.flight : kNotSent;
    }
    static void rewind(Lane& of);
    void declare_gaps(const Clock& now);

    void forget_row(Lane& of, std::size_t index);
    [[nodiscard]] std::optional<std::int64_t> spill_at_ms() const;
    [[nodiscard]] static const Row* oldest_unspilled(const Lane& of);
    [[nodiscard]] bool unspilled() const;
    void leave_memory(Lane& of, std::size_t keep);
    static void join_fresh(Lane& of);
    void lose_rows(Lane& of, const Extent& extent, const char* reason);

    Id16 id_;
    std::string boot_id_;
    bool former_ = false;
    bool this_boot_ = true;
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool live_ = false;
    SendWindow window_;  ///< of metrics
    Disk disk_ = Disk::none;
    std::int64_t spill_after_ms_ = 0;
    std::int64_t retry_at_ms_ = 0;  ///< while the disk fails
    bool memory_full_ = false;      ///< the next write is due now
    bool flushing_ = false;
    bool whole_ = true;
    std::vector<SpoolDelete> deletes_;
    Lane lanes_[2];
};

}  // namespace pncp::agent
