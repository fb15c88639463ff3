#include "broker/core/event_log.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "schema/codec.hpp"

namespace pncp::broker {

namespace {
/// A journal that refused (disk full) is asked again after this long, not in a loop.
constexpr std::int64_t kRetryMs = 1'000;
/// So many rows that came during a commit have had company: agents that are ahead of us may have no more to
/// send before these are acknowledged.
constexpr std::size_t kBusyRows = limits::kBatchRows / 4;

bool is_metrics_row(const NewEvent& event) { return event.origin && event.origin->stream == Stream::metrics; }
/// May wait for company: no answer depends on it.
bool is_patient(EventKind kind) {
    switch (kind) {
        case EventKind::metrics:
        case EventKind::hello:
        case EventKind::ready:
        case EventKind::command_ack:
            return true;
        default:
            return false;
    }
}
/// May be counted instead of kept: nobody waits for it, and nothing follows from it.
bool may_be_counted(const NewEvent& event) { return !event.origin && !event.job && !event.command; }

std::uint64_t size_of(const NewEvent& event) { return event.body.size() + 128; }
}  // namespace

EventLog::EventLog(const MasterSecret& master, const journal::Recovered& recovered, std::uint64_t epoch)
    : journal_(recovered.journal),
      epoch_(epoch),
      feed_key_(pncp::feed_key(master, epoch)),
      feed_signer_(feed_key_),
      head_(recovered.head) {
    for (std::size_t i = 0; i < std::min(kEventClasses, recovered.class_heads.size()); ++i)
        class_heads_[i] = recovered.class_heads[i];
}

void EventLog::set_epoch(const MasterSecret& master, std::uint64_t epoch) {
    epoch_ = epoch;
    feed_key_ = pncp::feed_key(master, epoch);
    feed_signer_ = SigningKey(feed_key_);
}

void EventLog::append(NewEvent event, const Now& now) {
    if (waiting_.empty()) waiting_since_ms_ = now.boot_ms;
    if (!is_patient(event.kind)) urgent_ = true;
    push(std::move(event));
}

void EventLog::push(NewEvent event) {
    if (full() && may_be_counted(event)) {
        ++not_kept_of_[static_cast<std::size_t>(event.event_class)];
        ++not_kept_;
        return;
    }
    waiting_bytes_ += size_of(event);
    waiting_.push_back(std::move(event));
}

void EventLog::declare_not_kept(const Now& now) {
    std::uint64_t count = 0;
    std::string which;
    for (std::size_t i = 0; i < kEventClasses; ++i) {
        if (not_kept_of_[i] == 0) continue;
        count += not_kept_of_[i];
        which += (which.empty() ? "" : ", ") + std::string(event_class_name(static_cast<EventClass>(i))) +
                 ": " + std::to_string(not_kept_of_[i]);
    }
    if (count == 0 || full()) return;
    not_kept_of_ = {};
    NewEvent gap;
    gap.event_class = EventClass::event;
    gap.kind = EventKind::gap;
    gap.name = kBrokersOwn;
    gap.wall_us = now.wall_us;
    gap.body = encode(GapBody{journal_, Stream::results, 1, count,
                              "events of the broker's own while the journal could not commit: " + which});
    append(std::move(gap), now);
}

void EventLog::append(journal::AgentRecord record, bool urgent) {
    records_.agents.push_back(std::move(record));
    urgent_ = urgent_ || urgent;
}
void EventLog::append(journal::JobRecord record) {
    records_.jobs.push_back(record);
    urgent_ = true;
}
void EventLog::append(journal::CursorRecord record) {
    records_.cursors.push_back(std::move(record));
    urgent_ = true;
}
void EventLog::append_ticket(std::uint64_t ticket) {
    tickets_.push_back(ticket);
    urgent_ = true;
}

std::int64_t EventLog::wake_at_ms() const {
    if (group_ || (waiting_.empty() && records_.empty() && tickets_.empty()))
        return std::numeric_limits<std::int64_t>::max();
    const std::int64_t due = urgent_ ? 0 : waiting_since_ms_ + limits::kGroupWaitMs;
    return std::max(due, retry_at_ms_);
}

void EventLog::flush(const Now& now, Actions& actions) {
    const bool many = waiting_.size() >= limits::kBatchRows && now.boot_ms >= retry_at_ms_ && !group_;
    if (!many && wake_at_ms() > now.boot_ms) return;
    auto group = number_events();
    in_flight_ = std::move(waiting_);
    in_flight_bytes_ = std::exchange(waiting_bytes_, 0);
    in_flight_tickets_ = std::move(tickets_);
    waiting_.clear();
    tickets_.clear();
    records_ = {};
    urgent_ = false;
    group_ = group;
    actions.push_back(Commit{++token_, std::move(group)});
}

std::shared_ptr<journal::Group> EventLog::number_events() {
    auto group = std::make_shared<journal::Group>(std::move(records_));
    auto class_heads = class_heads_;
    std::uint64_t seq = head_;
    group->events.reserve(waiting_.size());
    for (const NewEvent& event : waiting_) {
        ++seq;
        journal::StoredEvent stored;
        stored.seq = seq;
        stored.event_class = event.event_class;
        stored.class_seq = ++class_heads[static_cast<std::size_t>(event.event_class)];
        stored.topic = make_topic(event.event_class, event.name);
        stored.time_ns = point_time_ns(event.wall_us, seq);
        stored.origin = event.origin;
        stored.event.reserve(event.body.size() + 128);
        encode_to(stored.event, Event{stored.topic, stored.class_seq, stored.time_ns, event.agent,
                                      event.direction, event.kind, event.body});
        group->events.push_back(std::move(stored));
    }
    return group;
}

CommitOutcome EventLog::committed(std::uint64_t token, const Status& status, const Now& now, Actions& actions,
                                  bool full) {
    CommitOutcome outcome;
    if (!group_ || token != token_) return outcome;
    outcome.ok = status.ok();
    outcome.events.reserve(in_flight_.size());
    if (outcome.ok) {
        ++commits_;
        last_error_.clear();
        outcome.tickets = std::move(in_flight_tickets_);
        for (std::size_t i = 0; i < in_flight_.size(); ++i) {
            const journal::StoredEvent& stored = group_->events[i];
            publish(stored, actions);
            class_heads_[static_cast<std::size_t>(stored.event_class)] = stored.class_seq;
            head_ = stored.seq;
            outcome.events.push_back({stored.seq, std::move(in_flight_[i])});
        }
        recent_.keep(group_);
        urgent_ = urgent_ || waiting_.size() >= kBusyRows;
        declare_not_kept(now);
    } else {
        ++failures_;
        last_error_ = outcome.error = status.error().text();
        outcome.metrics_only = full && std::any_of(in_flight_.begin(), in_flight_.end(), is_metrics_row);
        retry_at_ms_ = outcome.metrics_only ? now.boot_ms : now.boot_ms + kRetryMs;
        put_back(outcome);
        urgent_ = true;
    }
    in_flight_.clear();
    in_flight_bytes_ = 0;
    in_flight_tickets_.clear();
    group_.reset();
    return outcome;
}

void EventLog::put_back(CommitOutcome& outcome) {
    const auto keep = [&](const NewEvent& event) {
        return outcome.metrics_only ? !is_metrics_row(event) : !event.origin && !event.job;
    };
    std::vector<NewEvent> later = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    // What has queued up behind the failed rows would leave a hole before it: it goes too, and agents
    // resend it.
    for (auto* queue : {&in_flight_, &later})
        for (NewEvent& event : *queue)
            if (keep(event))
                push(std::move(event));
            else
                outcome.events.push_back({0, std::move(event)});
    auto& first = in_flight_tickets_;
    first.insert(first.end(), tickets_.begin(), tickets_.end());
    tickets_.clear();
    (outcome.metrics_only ? tickets_ : outcome.tickets) = std::move(first);
    put_back_records(outcome.metrics_only);
}

void EventLog::put_back_records(bool all) {
    records_.agents.insert(records_.agents.begin(), group_->agents.begin(), group_->agents.end());
    // Only the newest of each agent matters: a journal that fails for a day must not make a list of them.
    std::map<std::string, std::size_t> newest;
    for (std::size_t i = 0; i < records_.agents.size(); ++i) newest[records_.agents[i].id] = i;
    std::vector<journal::AgentRecord> agents;
    for (std::size_t i = 0; i < records_.agents.size(); ++i)
        if (newest[records_.agents[i].id] == i) agents.push_back(std::move(records_.agents[i]));
    records_.agents = std::move(agents);
    if (all) {
        records_.jobs.insert(records_.jobs.begin(), group_->jobs.begin(), group_->jobs.end());
        records_.cursors.insert(records_.cursors.begin(), group_->cursors.begin(), group_->cursors.end());
        return;
    }
    // A job that could not begin has no record; one that ended has, whatever the disk said.
    std::erase_if(records_.jobs, [](const journal::JobRecord& job) { return !job.ended; });
    for (const journal::JobRecord& job : group_->jobs)
        if (job.ended) records_.jobs.push_back(job);
    records_.cursors.clear();
}

Header EventLog::event_header(std::uint64_t seq) const {
    return {FrameType::event, Direction::feed, 0, journal_, seq};
}

void EventLog::publish(const journal::StoredEvent& event, Actions& actions) {
    Bytes frame(limits::kHeaderBytes);
    frame.reserve(frame.size() + event.event.size() + limits::kTagBytes);
    frame.insert(frame.end(), event.event.begin(), event.event.end());
    seal_frame(frame, event_header(event.seq), feed_signer_);
    actions.push_back(Publish{event.topic, std::move(frame)});
}

void EventLog::heartbeat(const Now& now, Actions& actions) {
    const FeedHeartbeat beat{
        journal_, epoch_, head_, {class_heads_.begin(), class_heads_.end()}, now.wall_us};
    actions.push_back(
        Publish{std::string(kHeartbeatTopic), make_frame(event_header(head_), feed_signer_, beat)});
}

}  // namespace pncp::broker
