// Jobs on their way: what is sent to whom and when, how targets end, long polls.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {
/// The same failure of the journal is said so often.
constexpr std::int64_t kSayMs = 60'000;
}  // namespace

void BrokerCore::start_target(Job& job, const std::string& agent, Target& target, Keep keep, const Now& now) {
    JobTable::begin(job, target);
    target.deadline_ms = now.boot_ms + job.body.timeout_ms + kAnswerGraceMs;
    Live* live = sessions_.agent(agent);
    if (live == nullptr) {
        const AgentState* state = agents_.find(agent);
        const bool seen = state != nullptr && state->record.last_seen_us > 0;
        return end_target(job, agent, target, Outcome::offline,
                          seen ? state->record.reason : "it has never connected", keep, now);
    }
    if (forgot_secrets(job))
        return end_target(job, agent, target, Outcome::cancelled,
                          "not sent: the broker was restarted, and keeps no secret arguments", keep, now);
    target.spool = live->hello.spool;
    const CommandBody body{job.id,        target.command,     target.spool,       job.body.operator_id,
                           job.body.name, job.body.arguments, job.body.timeout_ms};
    NewEvent event{EventClass::command, agent,        now.wall_us,  agent,  Direction::broker_to_agent,
                   EventKind::command,  encode(body), std::nullopt, job.id, target.command};
    log_.append(std::move(event), now);
}

bool BrokerCore::forgot_secrets(const Job& job) {
    const auto& shown = job.body.arguments;
    return !job.arguments && std::find(shown.begin(), shown.end(), kSecretArgument) != shown.end();
}

void BrokerCore::dispatch(Target& target, Job& job, const std::string& agent, const Now& now) {
    Live* live = sessions_.agent(agent);
    if (live == nullptr || live->hello.spool != target.spool || target.ended) return;
    if (target.cancelled)
        return end_target(job, agent, target, Outcome::cancelled,
                          "cancelled by " + job.body.cancelled_by + " before it was sent", Keep::always, now);
    send(*live, FrameType::command,
         Command{target.command, target.spool, job.body.name, job.arguments.value_or(job.body.arguments),
                 job.body.timeout_ms});
}

void BrokerCore::end_target(Job& job, const std::string& agent, Target& target, Outcome outcome,
                            const std::string& reason, Keep keep, const Now& now) {
    if (target.ended || target.closing) return;
    target.closing = true;
    ResultBody body;
    body.command = target.command;
    body.name = job.body.name;
    body.outcome = outcome;
    body.reason = reason;
    NewEvent event{EventClass::result, agent,        now.wall_us,  agent,        Direction::feed,
                   EventKind::result,  encode(body), std::nullopt, std::nullopt, target.command};
    if (keep == Keep::with_job) event.job = job.id;
    log_.append(std::move(event), now);
}

void BrokerCore::resend_commands(const std::string& agent, const Id16& spool, const Now& now) {
    for (const auto& found : jobs_.outstanding(agent)) {
        if (found.target->spool != spool)
            end_target(*found.job, agent, *found.target, Outcome::interrupted,
                       "it may have run: the agent came back without the spool the command was sent to",
                       Keep::always, now);
        else if (found.target->cancelled || !found.job->body.cancelled_by.empty())
            tell_again(*found.job, agent, *found.target, now);
        else if (forgot_secrets(*found.job))
            end_target(*found.job, agent, *found.target, Outcome::interrupted,
                       "it may have run: the broker was restarted, and keeps no secret arguments",
                       Keep::always, now);
        else
            dispatch(*found.target, *found.job, agent, now);
    }
}

void BrokerCore::tell_again(Job& job, const std::string& agent, Target& target, const Now& now) {
    // Whether the device ever got the command is not known, and it must not begin now.
    if (Live* live = sessions_.agent(agent); live != nullptr)
        send(*live, FrameType::cancel, Cancel{target.command});
    end_target(job, agent, target, Outcome::cancelled,
               "cancelled by " + job.body.cancelled_by + ": it may have run", Keep::always, now);
}

void BrokerCore::job_ended(Job& job, const Now& now) {
    JobBody body = job.body;
    body.ended = true;
    body.ok = job.ok;
    body.failed = job.failed;
    body.unanswered = job.unanswered;
    append_event(EventClass::job, EventKind::job, to_hex(job.id), "", Direction::feed, encode(body),
                 now.wall_us, now);
    log_.append(journal::JobRecord{job.id, job.first_seq, 0, true});
}

void BrokerCore::commit_failed(const CommitOutcome& outcome, const Now& now) {
    if (outcome.error != commit_error_ || now.boot_ms - commit_error_said_ms_ >= kSayMs) {
        commit_error_ = outcome.error;
        commit_error_said_ms_ = now.boot_ms;
        log_line(LogLevel::error, std::string("the journal could not commit, so ") +
                                      (outcome.metrics_only ? "the metrics in it are" : "nothing of it is") +
                                      " acknowledged: " + outcome.error);
    }
    for (const CommittedEvent& lost : outcome.events) {
        if (lost.event.origin) rows_not_kept(*lost.event.origin, now);
        if (!lost.event.command) continue;
        const auto found = jobs_.by_command(*lost.event.command);
        if (found.target == nullptr) continue;
        found.target->closing = false;
        if (lost.event.kind == EventKind::command) JobTable::put_back(*found.job, *found.target);
    }
    for (const std::uint64_t ticket : outcome.tickets) {
        // Its record is tried again, and so READY waits on.
        if (welcomes_.contains(ticket)) log_.append_ticket(ticket);
        const auto found = deferred_.find(ticket);
        if (found == deferred_.end()) continue;
        const Deferred deferred = found->second;
        deferred_.erase(found);
        if (deferred.job) jobs_.remove(*deferred.job);
        reply(deferred.to, ErrorReply{ErrorCode::journal,
                                      "the journal could not take it: " + outcome.error,
                                      "nothing was sent; try again when there is room",
                                      {}});
    }
    answer_waiters(now);
}

void BrokerCore::rows_not_kept(const journal::Origin& origin, const Now& now) {
    AgentState& agent = agents_.of(origin.agent);
    SpoolProgress& spool = agent.spools[origin.spool];
    // The first of them stands right behind the committed head; the others of the group follow it.
    const bool first = spool.pending.of(origin.stream) != spool.committed.of(origin.stream);
    spool.pending.of(origin.stream) = spool.committed.of(origin.stream);
    if (first && !(spool.told == spool.committed)) acknowledge_soon(origin.agent, now);
    if (!first || agent.record.spool == origin.spool) return;
    // The agent has come back without this spool meanwhile, and what it declared lost began behind these
    // rows.
    append_event(EventClass::event, EventKind::gap, origin.agent, origin.agent, Direction::feed,
                 encode(GapBody{origin.spool, origin.stream, origin.seq, 0, "spool lost"}), now.wall_us, now);
}

void BrokerCore::handle(Live& live, const JobRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    const std::int64_t wait_ms = std::clamp<std::int64_t>(request.wait_ms, 0, limits::kLongPollMs);
    if (answer_poll(to, request, wait_ms == 0 || waiters_.size() >= limits::kLongPolls)) return;
    waiters_.push_back({to, request, now.boot_ms + wait_ms});
}

bool BrokerCore::answer_poll(const ReplyTo& to, const JobRequest& request, bool give_up) {
    Job* job = jobs_.find(request.job);
    if (job == nullptr) {
        reply(to, ErrorReply{ErrorCode::unknown_job,
                             "no job " + to_hex(request.job) + " is at hand",
                             "its events are in the log; only open jobs outlive a restart of the broker",
                             {}});
        return true;
    }
    auto first = std::upper_bound(job->rows.begin(), job->rows.end(), request.after);
    if (first == job->rows.end()) {
        if (!job->ended && !give_up) return false;
        reply(to, JobReply{job->id, job->targets.size(), job->answered, job->ended, request.after, {}});
        return true;
    }
    const auto count = std::min<std::ptrdiff_t>(job->rows.end() - first, limits::kPageRows);
    if (answer_from_memory(to, *job, {&*first, static_cast<std::size_t>(count)})) return true;
    const std::uint64_t token = next_token_++;
    reads_[token] = {to, job->id, request.after, *(first + count - 1)};
    actions_.push_back(ReadRows{token, {first, first + count}});
    return true;
}

bool BrokerCore::answer_from_memory(const ReplyTo& to, const Job& job,
                                    std::span<const std::uint64_t> sequences) {
    JobReply page{job.id, job.targets.size(), job.answered, false, 0, {}};
    std::size_t bytes = 0;
    for (const std::uint64_t seq : sequences) {
        const journal::StoredEvent* event = log_.recent().find(seq);
        if (event == nullptr) break;
        bytes += event->event.size();
        if (!page.rows.empty() && bytes > limits::kPageBytes) break;
        page.rows.push_back({seq, event->event});
        page.next = seq;
    }
    if (page.rows.empty()) return false;
    page.ended = job.ended && page.next == job.rows.back();
    reply(to, page);
    return true;
}

void BrokerCore::on_rows(std::uint64_t token, const Result<std::vector<EventRow>>& rows, const Now&) {
    const auto found = reads_.find(token);
    if (found == reads_.end()) return;
    const PendingRead read = found->second;
    reads_.erase(found);
    if (!rows)
        return reply(read.to, ErrorReply{ErrorCode::journal, rows.error().message, rows.error().next, {}});
    const Job* job = jobs_.find(*read.job);
    if (job == nullptr) return;  // its poller's REQ times out and asks again
    // None of them: retention has deleted them all.
    const std::uint64_t next = rows->empty() ? read.last : rows->back().seq;
    const bool all = job->rows.empty() || next >= job->rows.back();
    reply(read.to, JobReply{job->id, job->targets.size(), job->answered, job->ended && all, next, *rows});
}

void BrokerCore::answer_waiters(const Now& now) {
    std::erase_if(waiters_, [&](const Waiter& waiter) {
        return answer_poll(waiter.to, waiter.request, now.boot_ms >= waiter.until_ms);
    });
}

}  // namespace pncp::broker
