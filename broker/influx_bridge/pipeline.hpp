// The bridge without its sockets, clock and files: events in, requests and marks out. Pure; one thread.
//
//   on_event ──▶ EventLines ──▶ Batcher ──▶ Delivery ──▶ next(): a request ──▶ answered() ──▶ take_mark()
//                     └──────────────── dead letters ◀──────┘
//
// The caller writes and syncs take_dead() before it believes take_mark(), in that order.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "broker/influx_bridge/batcher.hpp"
#include "broker/influx_bridge/delivery.hpp"
#include "broker/influx_bridge/event_lines.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::influx {

struct PipelineOptions {
    bool string_fields = true;
    bool agent_tags = true;
    BatchLimits batch;
    DeliveryOptions delivery;
    OutputAssembler::Bounds outputs;
};

class Pipeline {
  public:
    /// `start` is what the cursor file said: events up to `start.stored` are not written again.
    Pipeline(const PipelineOptions& options, const Mark& start);

    void on_journal(const Id16& journal);
    /// False: no room, a batch is full while the one before it is under way. Offer the event again.
    [[nodiscard]] bool on_event(std::uint64_t seq, const Event& event, std::int64_t now_ms);
    void on_gap(const FeedGap& gap, std::int64_t now_ms, std::int64_t wall_us);

    /// The request to make now; at most one is under way.
    [[nodiscard]] std::optional<Request> next(std::int64_t now_ms);
    void answered(const Answer& answer, std::int64_t now_ms);
    /// What waits is sent without waiting for company from now on: the program is about to stop.
    void hurry() { hurry_ = true; }
    /// Everything that came is stored, or refused.
    [[nodiscard]] bool drained() const { return batcher_.empty() && delivery_.idle(); }
    [[nodiscard]] std::int64_t wake_at_ms() const;

    [[nodiscard]] std::vector<DeadLetter> take_dead();
    [[nodiscard]] std::vector<Saying> take_sayings() { return delivery_.take_sayings(); }
    /// How far the feed is stored, when that has moved.
    [[nodiscard]] std::optional<Mark> take_mark() { return std::exchange(mark_, std::nullopt); }

    /// Agents' tags as the file beside the cursor knows them; before the first event.
    void restore_tags(const Id16& journal, std::vector<TagEntry> entries) {
        event_lines_.tags().restore(journal, std::move(entries));
    }
    /// To be durable before a mark that take_mark() gave before this call, or gives later, is saved.
    [[nodiscard]] TagChanges take_tag_changes() { return event_lines_.tags().take_changes(); }

    /// The last event handed over.
    [[nodiscard]] std::uint64_t position() const { return position_; }
    [[nodiscard]] const Delivery& delivery() const { return delivery_; }
    [[nodiscard]] const EventLines& event_lines() const { return event_lines_; }

  private:
    [[nodiscard]] Mark mark_here() const;
    void collect_done();

    EventLines event_lines_;
    Batcher batcher_;
    Delivery delivery_;
    Id16 journal_;
    std::uint64_t position_;      ///< the last event handed over
    std::uint64_t replay_until_;  ///< events up to here were stored by an earlier run
    Lines used_;                  ///< memory of the batch before, for the next one
    std::optional<Mark> mark_;
    bool hurry_ = false;
};

}  // namespace pncp::influx
