// The spool: what the broker has not acknowledged yet, in memory, bounded by bytes. Two streams, each
// numbered from 1 within this spool's id. Pure; one thread. Rows handed out are copies.
//
//   add() ──▶ waiting ──next_batch()──▶ in flight ──acknowledge()──▶ gone
//                │  ▲                      │
//                │  └── time-out, resume() ┘      (everything unacknowledged is sent again, in order)
//                └──▶ dropped when full ──▶ a GAP row in the results stream declares it
//
// A BATCH holds rows of one stream, so that metrics which the broker holds up never hold up results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "agent/core/actions.hpp"
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

    /// Appends a row and returns its sequence. What no longer fits is dropped: oldest metrics first, results
    /// last.
    std::uint64_t add(Stream stream, RowKind kind, const Clock& now, Bytes body);

    /// The next frame's worth of rows to send now; nullopt when nothing waits, the window is full, or no
    /// session is on. First it turns pending gaps into rows.
    [[nodiscard]] std::optional<Batch> next_batch(const Clock& now);

    /// A session began and the broker says what it holds of this spool: sending starts over behind it.
    void resume(const StreamHeads& acknowledged);
    /// The session is gone: nothing is sent until resume().
    void suspend();

    /// Releases rows up to these heads. False, changing nothing, when they speak of rows that were never
    /// made.
    bool acknowledge(const StreamHeads& heads, std::int64_t now_ms);

    /// Sends again what was not acknowledged in time.
    void on_timer(std::int64_t now_ms);
    /// When on_timer() has something to do; nullopt: nothing is on the way.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;

    [[nodiscard]] bool holds(Stream stream, std::uint64_t seq) const;
    /// True when everything ever made, declared losses included, is acknowledged.
    [[nodiscard]] bool empty() const;
    [[nodiscard]] const Id16& id() const { return id_; }
    /// Highest sequence made of each stream.
    [[nodiscard]] StreamHeads heads() const;
    [[nodiscard]] StreamHeads acknowledged() const;
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  private:
    struct Gap {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        const char* reason = "";
        std::uint64_t sends = 0;  ///< lane's `sends` when its first row was dropped
    };
    struct Lane {
        Stream stream = Stream::metrics;
        std::deque<Row> rows;
        std::size_t sent = 0;  ///< rows [0, sent) are in flight
        std::uint64_t made = 0;
        std::uint64_t acknowledged = 0;
        std::deque<std::uint64_t> in_flight;  ///< last sequence of each BATCH on the way
        std::int64_t timeout_ms = limits::kAckTimeoutMs;
        std::int64_t deadline_ms = 0;  ///< valid while something is in flight
        std::uint64_t sends = 0;
        std::vector<Gap> gaps;  ///< dropped, not yet a GAP row
    };

    [[nodiscard]] Lane& lane(Stream stream) { return lanes_[stream == Stream::metrics ? 0 : 1]; }
    [[nodiscard]] const Lane& lane(Stream stream) const { return lanes_[stream == Stream::metrics ? 0 : 1]; }
    [[nodiscard]] bool window_open(const Lane& of) const;
    std::uint64_t append(Lane& to, RowKind kind, const Clock& now, Bytes body);
    [[nodiscard]] Batch take_batch(Lane& from, const Clock& now);
    void release_to(Lane& of, std::uint64_t head);
    void make_room();
    void drop_oldest(Lane& of);
    static void note_gap(Lane& of, const Gap& gap);
    static void forget_delivered_gaps(Lane& of, std::uint64_t head);
    static void rewind(Lane& of);
    void declare_gaps(const Clock& now);

    Id16 id_;
    std::string boot_id_;
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool live_ = false;
    Lane lanes_[2];
};

}  // namespace pncp::agent
