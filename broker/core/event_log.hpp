// The event log: gives each event its sequences, forms the groups that the journal commits, and hands back
// what may be acknowledged and published once a group is durable. Pure; one thread.
//
// One group is on its way at a time; what arrives meanwhile is the next one. So groups form by themselves, a
// failed commit has nothing behind it that would leave a hole, and sequences are dense.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/recent_events.hpp"
#include "broker/journal/store.hpp"
#include "schema/crypto.hpp"
#include "schema/event.hpp"
#include "schema/keys.hpp"

namespace pncp::broker {

/// The second word of topics of events about the broker itself: no id has an underscore.
inline constexpr std::string_view kBrokersOwn = "_broker";

/// An event before it has its sequences.
struct NewEvent {
    EventClass event_class = EventClass::metrics;
    std::string name;  ///< second word of the topic
    std::int64_t wall_us = 0;
    std::string agent;
    Direction direction = Direction::feed;
    EventKind kind = EventKind::metrics;
    Bytes body;
    std::optional<journal::Origin> origin;
    std::optional<Id16> job;      ///< dropped, not kept for later, when the commit fails
    std::optional<Id16> command;  ///< command, output and result: whose job it belongs to
};

/// An event that is durable.
struct CommittedEvent {
    std::uint64_t seq = 0;
    NewEvent event;
};

/// What stood in a group, when its commit has ended.
struct CommitOutcome {
    bool ok = false;
    bool metrics_only = false;  ///< it failed for want of room; all but metrics is tried again at once
    std::string error;
    std::vector<CommittedEvent> events;  ///< with seq 0 each when it failed
    std::vector<std::uint64_t> tickets;
};

class EventLog {
  public:
    EventLog(const MasterSecret& master, const journal::Recovered& recovered, std::uint64_t epoch);

    /// Queues an event. Metrics, handshakes and COMMAND_ACKs wait kGroupWaitMs for company; anything
    /// else makes the group urgent. While kJournalQueueRows wait, the broker's own events (no row of an
    /// agent, no part of a job) are only counted; a GAP event tells how many, once the journal commits again.
    void append(NewEvent event, const Now& now);
    /// `urgent`: it decides what is declared lost if the broker ends now.
    void append(journal::AgentRecord record, bool urgent);
    void append(journal::JobRecord record);
    void append(journal::CursorRecord record);
    /// A ticket comes back in the outcome of the group that what was queued so far will be in.
    void append_ticket(std::uint64_t ticket);

    /// Emits a Commit when one is due.
    void flush(const Now& now, Actions& actions);
    /// When flush() has something to do at the latest; INT64_MAX = nothing waits.
    [[nodiscard]] std::int64_t wake_at_ms() const;

    /// Ends the group `token`: emits Publish for each event when it succeeded. When it failed, broker's own
    /// events wait for another try; rows of agents and of jobs are dropped, so that nobody believes them
    /// kept. When it failed for want of room (`full`) and there were metrics in it, only those are dropped.
    [[nodiscard]] CommitOutcome committed(std::uint64_t token, const Status& status, const Now& now,
                                          Actions& actions, bool full = false);

    /// Another epoch of the feed, with another key, from the next event on.
    void set_epoch(const MasterSecret& master, std::uint64_t epoch);
    /// Emits the feed's heartbeat.
    void heartbeat(const Now& now, Actions& actions);

    [[nodiscard]] bool full() const { return waiting_.size() >= limits::kJournalQueueRows; }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size() + in_flight_.size(); }
    /// About what they take in the journal.
    [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_ + in_flight_bytes_; }
    /// The broker's own events that were not kept since the start.
    [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }
    [[nodiscard]] const RecentEvents& recent() const { return recent_; }
    [[nodiscard]] bool failing() const { return !last_error_.empty(); }
    [[nodiscard]] std::uint64_t head() const { return head_; }
    [[nodiscard]] const Id16& journal() const { return journal_; }
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] const Key32& feed_key() const { return feed_key_; }
    [[nodiscard]] std::uint64_t commits() const { return commits_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

  private:
    [[nodiscard]] std::shared_ptr<journal::Group> number_events();
    void put_back(CommitOutcome& outcome);
    void put_back_records(bool all);
    void push(NewEvent event);
    void declare_not_kept(const Now& now);
    [[nodiscard]] Header event_header(std::uint64_t seq) const;
    void publish(const journal::StoredEvent& event, Actions& actions);

    Id16 journal_;
    std::uint64_t epoch_;
    Key32 feed_key_;
    SigningKey feed_signer_;
    std::uint64_t head_;
    std::array<std::uint64_t, kEventClasses> class_heads_{};

    std::vector<NewEvent> waiting_;
    std::uint64_t waiting_bytes_ = 0;
    journal::Group records_;
    std::vector<std::uint64_t> tickets_;
    bool urgent_ = false;
    std::int64_t waiting_since_ms_ = 0;
    std::int64_t retry_at_ms_ = 0;

    std::uint64_t token_ = 0;
    std::shared_ptr<const journal::Group> group_;  ///< null = none on its way
    std::vector<NewEvent> in_flight_;
    std::uint64_t in_flight_bytes_ = 0;
    std::vector<std::uint64_t> in_flight_tickets_;
    RecentEvents recent_;

    std::array<std::uint64_t, kEventClasses> not_kept_of_{};  ///< not declared yet
    std::uint64_t not_kept_ = 0;
    std::uint64_t commits_ = 0;
    std::uint64_t failures_ = 0;
    std::string last_error_;
};

}  // namespace pncp::broker
