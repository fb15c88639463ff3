#include "broker/core/broker_core.hpp"

#include <algorithm>
#include <limits>

#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// Refusals of one kind by one peer become one security event in this time, so that a flood can't fill the
/// journal.
constexpr std::int64_t kRefusalReportMs = 10'000;
constexpr std::size_t kRefusalKinds = 1'024;
/// Text of a peer that is kept is cut here.
constexpr std::size_t kShownText = 200;

}  // namespace

BrokerCore::BrokerCore(BrokerOptions options, PeerDirectory& peers, const journal::Recovered& recovered,
                       const Now& now)
    : options_(std::move(options)),
      peers_(peers),
      sessions_(peers),
      admission_(peers),
      log_(peers.master(), recovered, peers.file().feed_epoch),
      agents_(recovered),
      consumers_(recovered, options_.forget_consumer_ms, now),
      alerts_(options_.alerts, now.boot_ms),
      next_numbers_ms_(now.boot_ms + options_.self_metrics_ms),
      recovered_boot_ms_(now.boot_ms),
      recovered_wall_us_(now.wall_us) {
    for (const auto& [name, record] : peers.list())
        if (record.rotating) rotating_since_ms_[name] = now.boot_ms;
    store_.oldest = recovered.oldest;
    for (const std::string& name : consumers_.set_back())
        log_line(LogLevel::warning, "the stored cursor of consumer " + name +
                                        " lay beyond the journal's head " + std::to_string(recovered.head) +
                                        " and was set back to it: was the journal restored from a backup?");
    for (const auto& job : recovered.jobs)
        if (!job.ended) restored_deadlines_us_[job.job] = job.deadline_us;
    for (auto& [id, agent] : agents_.all())
        if (agent.record.connected)
            agent_disconnected(id, "the broker was restarted", agent.record.last_seen_us, now);
}

Actions BrokerCore::take_actions(const Now& now) {
    log_.flush(now, actions_);
    return std::exchange(actions_, {});
}

void BrokerCore::on_frame(const Address& from, std::string_view identity, ByteView frame, const Key32& nonce,
                          const Now& now, std::string_view peer_address) {
    auto outcome = sessions_.on_frame(from, identity, frame, nonce, now);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return refuse(from, identity, *refusal, now);
    if (auto* challenged = std::get_if<Challenged>(&outcome)) {
        actions_.push_back(SendTo{from, std::move(challenged->frame)});
        return;
    }
    if (auto* unknown = std::get_if<Unknown>(&outcome)) {
        sessions_.count_refusal(from, Refusal::no_session, now);
        if (unknown->answer) actions_.push_back(SendTo{from, std::move(*unknown->answer)});
        return;
    }
    if (auto* proven = std::get_if<Proven>(&outcome)) {
        proven->live->peer_address = identity.empty() ? "" : peer_address.substr(0, 64);
        return on_proven(*proven, now);
    }

    auto& received = std::get<Received>(outcome);
    if (received.live->peer().role == Role::agent) return on_agent_frame(*received.live, received.frame, now);
    if (received.frame.type != FrameType::request) return refuse(from, identity, Refusal::role, now);
    on_request(*received.live, received.frame.payload, now);
}

void BrokerCore::on_wrong_parts(const Address& from, const Now& now) {
    refuse(from, {}, Refusal::parts, now);
}

void BrokerCore::on_proven(Proven& proven, const Now& now) {
    Live& live = *proven.live;
    came_over(live);
    if (live.peer().role == Role::agent) return agent_connected(live, now);
    live.hello.version.resize(std::min(live.hello.version.size(), kShownText));
    live.hello.boot_id.resize(std::min(live.hello.boot_id.size(), kShownText));
    live.hello.model.clear();
    live.hello.tags.clear();
    append_event(EventClass::status, EventKind::hello, live.peer().id, "", direction_up(live.peer().role),
                 encode(live.hello), now.wall_us, now);
    send_ready(live, {}, {}, now);
}

void BrokerCore::send_ready(Live& live, const StreamHeads& acknowledged, const Key32& catalogue,
                            const Now& now) {
    Ready ready{acknowledged, now.wall_us, catalogue, log_.journal(), log_.epoch(), std::nullopt};
    if (live.peer().role != Role::agent) ready.feed_key = log_.feed_key();
    live.ready = true;
    send(live, FrameType::ready, ready);
    ready.feed_key.reset();
    append_event(EventClass::status, EventKind::ready, live.peer().id,
                 live.peer().role == Role::agent ? live.peer().id : "", direction_down(live.peer().role),
                 encode(ready), now.wall_us, now);
}

void BrokerCore::on_unreachable(const Address& to, const Now& now) {
    Live* live = sessions_.find(to);
    if (live == nullptr) return;
    const PeerName peer = live->peer();
    sessions_.end(to);
    if (peer.role == Role::agent) agent_disconnected(peer.id, "the connection was lost", now.wall_us, now);
}

void BrokerCore::on_committed(std::uint64_t token, const Status& status, const Now& now, bool full) {
    const CommitOutcome outcome = log_.committed(token, status, now, actions_, full);
    if (!outcome.ok) return commit_failed(outcome, now);
    std::vector<std::string> touched;
    for (const CommittedEvent& committed : outcome.events) {
        const NewEvent& event = committed.event;
        note_committed(event);
        if (event.origin) {
            auto& spool = agents_.of(event.origin->agent).spools[event.origin->spool];
            spool.committed.of(event.origin->stream) = event.origin->seq;
            if (touched.empty() || touched.back() != event.origin->agent)
                touched.push_back(event.origin->agent);
        }
        const bool ended = jobs_.note(committed);
        if (!event.command) continue;
        const auto [job, agent, target] = jobs_.by_command(*event.command);
        if (job == nullptr) continue;
        if (event.kind == EventKind::command) dispatch(*target, *job, *agent, now);
        if (ended)
            job_ended(*job, now);
        else if (job->waiting > 0)
            advance(*job, Keep::always, now);
    }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const std::uint64_t ticket : outcome.tickets) {
        if (welcome_waiting(ticket, now)) continue;
        const auto found = deferred_.find(ticket);
        if (found == deferred_.end()) continue;
        reply(found->second.to, found->second.reply);
        deferred_.erase(found);
    }
    // People wait for the answers, nobody for an ACK.
    answer_waiters(now);
    for (const std::string& id : touched) acknowledge_soon(id, now);
}

void BrokerCore::on_page(std::uint64_t token, const Result<journal::Page>& page, const Now&) {
    const auto found = reads_.find(token);
    if (found == reads_.end()) return;
    const PendingRead read = found->second;
    reads_.erase(found);
    if (!page)
        return reply(read.to, ErrorReply{ErrorCode::journal, page.error().message, page.error().next, {}});
    reply(read.to, FetchReply{log_.journal(), page->oldest, page->head, page->next, page->rows});
}

void BrokerCore::on_time(const Now& now) {
    acknowledge_due(now.boot_ms);
    if (now.boot_ms < next_second_ms_) return;
    next_second_ms_ = now.boot_ms + limits::kFeedHeartbeatMs;
    sessions_.expire(now);
    admission_.expire(now);
    end_overdue_rotations(now);
    watch_agents(now);
    watch_presence(now);
    on_second_of_jobs(now);
    answer_waiters(now);
    report_refusals(now);
    report_numbers(now);
    log_.heartbeat(now, actions_);
}

std::int64_t BrokerCore::wake_at_ms() const {
    const std::int64_t at = std::min(next_second_ms_, log_.wake_at_ms());
    return acks_.empty() ? at : std::min(at, acks_.front().first);
}

void BrokerCore::on_stop(const Now& now) {
    acknowledge_due(std::numeric_limits<std::int64_t>::max());
    std::vector<std::string> online;
    sessions_.for_each_agent([&](const Live& live) { online.push_back(live.peer().id); });
    for (const std::string& id : online) agent_disconnected(id, "the broker was stopped", now.wall_us, now);
    report_refusals(now);
}

void BrokerCore::refuse(const Address& from, std::string_view identity, Refusal refusal, const Now& now) {
    const bool ignored = sessions_.count_refusal(from, refusal, now);
    if (refused_.size() < kRefusalKinds || refused_.contains({refusal, std::string(identity)}))
        ++refused_[{refusal, std::string(identity)}].count;
    if (!ignored) return;
    log_line(LogLevel::warning, "a connection of " +
                                    std::string(identity.empty() ? "an unproven peer" : identity) + " sent " +
                                    std::to_string(limits::kBadFramesPerMinute) +
                                    " bad frames in a minute and is ignored for a minute (last refusal: " +
                                    std::string(refusal_name(refusal)) + ")");
    if (Live* live = sessions_.find(from); live != nullptr) on_unreachable(from, now);
}

void BrokerCore::report_refusals(const Now& now) {
    for (auto at = refused_.begin(); at != refused_.end();) {
        const auto& [refusal, peer] = at->first;
        Refused& refused = at->second;
        if (refused.reported && now.boot_ms - refused.reported_ms < kRefusalReportMs) {
            ++at;
            continue;
        }
        if (refused.count == 0) {
            at = refused_.erase(at);
            continue;
        }
        append_event(EventClass::security, EventKind::security, std::string(refusal_name(refusal)), "",
                     Direction::feed,
                     encode(SecurityBody{std::string(refusal_name(refusal)), peer, refused.count}),
                     now.wall_us, now);
        log_line(LogLevel::warning, "refused " + std::to_string(refused.count) + " frame(s) of " +
                                        (peer.empty() ? "an unproven peer" : peer) + ": " +
                                        std::string(refusal_name(refusal)));
        refused = {0, now.boot_ms, true};
        ++at;
    }
}

void BrokerCore::log_line(LogLevel level, std::string text) {
    actions_.push_back(Log{level, std::move(text)});
}

void BrokerCore::append_event(EventClass event_class, EventKind kind, const std::string& name,
                              const std::string& agent, Direction direction, Bytes body, std::int64_t wall_us,
                              const Now& now) {
    NewEvent event;
    event.event_class = event_class;
    event.kind = kind;
    event.name = name;
    event.agent = agent;
    event.direction = direction;
    event.body = std::move(body);
    event.wall_us = wall_us;
    log_.append(std::move(event), now);
}

}  // namespace pncp::broker
