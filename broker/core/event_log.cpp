#include "broker/core/event_log.hpp"

#include <algorithm>
#include <limits>

#include "schema/codec.hpp"

namespace pncp::broker {

namespace {
/// A journal that refused (disk full) is asked again after this long, not in a loop.
constexpr std::int64_t kRetryMs = 1'000;
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

void EventLog::append(NewEvent event, const Now& now) {
    if (waiting_.empty()) waiting_since_ms_ = now.boot_ms;
    if (event.kind != EventKind::metrics) urgent_ = true;
    waiting_.push_back(std::move(event));
}

void EventLog::append(journal::AgentRecord record) {
    records_.agents.push_back(std::move(record));
    urgent_ = true;
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

CommitOutcome EventLog::committed(std::uint64_t token, const Status& status, const Now& now,
                                  Actions& actions) {
    CommitOutcome outcome;
    if (!group_ || token != token_) return outcome;
    outcome.ok = status.ok();
    outcome.tickets = std::move(in_flight_tickets_);
    outcome.events.reserve(in_flight_.size());
    if (outcome.ok) {
        ++commits_;
        last_error_.clear();
        for (std::size_t i = 0; i < in_flight_.size(); ++i) {
            const journal::StoredEvent& stored = group_->events[i];
            publish(stored, actions);
            class_heads_[static_cast<std::size_t>(stored.event_class)] = stored.class_seq;
            head_ = stored.seq;
            outcome.events.push_back({stored.seq, std::move(in_flight_[i])});
        }
    } else {
        ++failures_;
        last_error_ = outcome.error = status.error().text();
        retry_at_ms_ = now.boot_ms + kRetryMs;
        const auto keep = [](const NewEvent& event) { return !event.origin && !event.job; };
        std::vector<NewEvent> kept;
        // What has queued up behind the failed rows would leave a hole before it: it goes too, and agents
        // resend it.
        for (auto* queue : {&in_flight_, &waiting_})
            for (NewEvent& event : *queue)
                if (keep(event))
                    kept.push_back(std::move(event));
                else
                    outcome.events.push_back({0, std::move(event)});
        waiting_ = std::move(kept);
        if (waiting_.size() > limits::kJournalQueueRows) waiting_.resize(limits::kJournalQueueRows);
        outcome.tickets.insert(outcome.tickets.end(), tickets_.begin(), tickets_.end());
        tickets_.clear();
        records_.agents.insert(records_.agents.begin(), group_->agents.begin(), group_->agents.end());
        // A job that could not begin has no record; one that ended has, whatever the disk said.
        std::erase_if(records_.jobs, [](const journal::JobRecord& job) { return !job.ended; });
        for (const journal::JobRecord& job : group_->jobs)
            if (job.ended) records_.jobs.push_back(job);
        records_.cursors.clear();
        urgent_ = true;
    }
    in_flight_.clear();
    in_flight_tickets_.clear();
    group_.reset();
    return outcome;
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
