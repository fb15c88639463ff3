// The journal's store: what must survive the broker, behind a small interface. SqliteStore is the real one,
// MemoryStore serves tests and simulation. One thread uses a store at a time (the journal thread).
//
// A Group is one transaction: all of it is durable when commit() returns success, nothing of it otherwise.
// After a failed commit the store stands where it stood before, and takes the next group.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/event.hpp"
#include "schema/event_bodies.hpp"
#include "schema/result.hpp"

namespace pncp::journal {

/// Where a row came from. Within a stream of a spool rows only ascend (they may jump), so a second copy is
/// impossible.
struct Origin {
    std::string agent;
    Id16 spool{};
    Stream stream = Stream::metrics;
    std::uint64_t seq = 0;
    bool operator==(const Origin&) const = default;
};

/// One event, encoded. Sequences are dense: the first of a group is the store's head + 1.
struct StoredEvent {
    std::uint64_t seq = 0;
    EventClass event_class = EventClass::metrics;
    std::uint64_t class_seq = 0;
    std::string topic;
    std::int64_t time_ns = 0;
    std::optional<Origin> origin;  ///< rows of agents only
    Bytes event;                   ///< the payload of the EVENT frame
};

/// What is remembered of an agent; the newest record of an id replaces the one before.
struct AgentRecord {
    std::string id;
    Id16 spool{};
    StreamHeads made;  ///< highest sequences the agent said that it made
    bool connected = false;
    bool all_acknowledged = false;  ///< it said BYE with an empty spool: losing that spool loses nothing
    std::int64_t last_seen_us = 0;
    std::string reason;  ///< why it is not connected
    std::string version;
    std::string boot_id;
    std::int64_t clock_offset_us = 0;
    bool clock_synced = false;
    Bytes catalogue;  ///< an encoded Catalogue; empty = none
    bool operator==(const AgentRecord&) const = default;
};

/// A job: its events are found again from `first_seq` on when the broker starts.
struct JobRecord {
    Id16 job{};
    std::uint64_t first_seq = 0;
    std::int64_t deadline_us = 0;  ///< wall time at which targets that have not answered end
    bool ended = false;
    bool operator==(const JobRecord&) const = default;
};

/// How far a durable consumer has come.
struct CursorRecord {
    std::string consumer;
    std::uint64_t sequence = 0;
    std::int64_t heard_us = 0;  ///< wall time of its last request; 0 = unknown
    bool forgotten = false;     ///< the consumer is struck off
    bool operator==(const CursorRecord&) const = default;
};

struct Group {
    std::vector<StoredEvent> events;
    std::vector<AgentRecord> agents;
    std::vector<JobRecord> jobs;
    std::vector<CursorRecord> cursors;
    [[nodiscard]] bool empty() const {
        return events.empty() && agents.empty() && jobs.empty() && cursors.empty();
    }
};

/// The highest committed row of one stream of one spool.
struct SpoolHead {
    std::string agent;
    Id16 spool{};
    StreamHeads heads;
};

/// What the broker starts from.
struct Recovered {
    Id16 journal{};            ///< drawn when the store was made
    std::uint64_t oldest = 0;  ///< 0 = no event yet
    std::uint64_t head = 0;
    std::vector<std::uint64_t> class_heads;  ///< kEventClasses numbers
    std::vector<AgentRecord> agents;
    std::vector<SpoolHead> spools;
    std::vector<JobRecord> jobs;  ///< not ended, and the newest kJobsRemembered ended ones
    std::vector<CursorRecord> cursors;
};

/// A page of events in ascending order. `next`: every matching event up to and including it is in this page
/// or before.
struct Page {
    std::uint64_t oldest = 0;
    std::uint64_t head = 0;
    std::uint64_t next = 0;
    std::vector<EventRow> rows;
};

/// What may be deleted; the broker says so anew every second.
struct Retention {
    /// Every consumer that counts has the events up to here. They go when they are old, or when room is
    /// wanted; later ones only when the journal has reached its cap.
    std::uint64_t passed = 0;
    /// Events dated before this (nanoseconds since 1970) are old.
    std::int64_t old_before_ns = std::numeric_limits<std::int64_t>::min();
    /// Heads of a spool are forgotten when its last row is dated before this (microseconds since 1970), none
    /// of its rows is held, and its agent has another one now.
    std::int64_t spools_before_us = std::numeric_limits<std::int64_t>::min();
};

struct SpoolName {
    std::string agent;
    Id16 spool{};
    bool operator==(const SpoolName&) const = default;
};

struct Trimmed {
    bool more = false;              ///< there is more to delete at once
    std::vector<SpoolName> spools;  ///< whose heads were forgotten
};

/// How a store stands: what `pncp-cli status` shows of it, and how much more metrics it may take.
struct StoreState {
    static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t oldest = 0;  ///< 0 = no event is held
    std::uint64_t head = 0;
    std::uint64_t used_bytes = 0;  ///< of the file, without pages that are free to be used again
    std::uint64_t file_bytes = 0;  ///< the file and its write-ahead log on disk
    std::uint64_t cap_bytes = 0;   ///< 0 = none
    /// What metrics may still take before only commands, results and the broker's own events are let in.
    std::uint64_t metrics_room_bytes = kUnlimited;
    std::uint64_t trimmed = 0;           ///< events deleted since the store was opened
    std::uint64_t trimmed_unpassed = 0;  ///< those of them that a consumer had not passed
    bool disk_full = false;              ///< the disk had no room, and has none yet
    bool operator==(const StoreState&) const = default;
};

class Store {
  public:
    virtual ~Store() = default;
    /// Reads everything the broker needs to start. Called once, before any commit.
    [[nodiscard]] virtual Result<Recovered> recover() = 0;
    /// Takes the group whole or not at all. Fails on sequences that are not dense, on a row that is held
    /// already, and on a disk or cap that is full (see full()).
    [[nodiscard]] virtual Status commit(const Group& group) = 0;
    /// True when the last commit failed for want of room only: it may succeed later, as it stands.
    [[nodiscard]] virtual bool full() const = 0;
    /// Deletes what `rule` allows and age or room demands, oldest first, at most `max_events` (> 0) of them,
    /// in one transaction. Heads never fall by it. To be called again while `more`, and every second or so.
    [[nodiscard]] virtual Result<Trimmed> trim(const Retention& rule, std::size_t max_events) = 0;
    /// As of the last commit or trim.
    [[nodiscard]] virtual StoreState state() const = 0;
    /// Events after `after` whose topic begins with `prefix` ("" = all): at most `limit` rows and `max_bytes`
    /// of events, but at least one where there is one. With a prefix narrower than a class a store may stop
    /// early, after looking at many others: the page is then short or empty and `next` short of `head`, and
    /// the caller reads on from `next` (JournalThread does so while the page is empty). `next` is `head` when
    /// nothing more matches.
    [[nodiscard]] virtual Result<Page> read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                                            std::size_t max_bytes) = 0;
    /// The named events, in the order given; those no longer held are left out. Cut at `max_bytes`, at least
    /// one row.
    [[nodiscard]] virtual Result<std::vector<EventRow>> read_some(const std::vector<std::uint64_t>& sequences,
                                                                  std::size_t max_bytes) = 0;
};

}  // namespace pncp::journal
