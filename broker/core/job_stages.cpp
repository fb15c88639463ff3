// Jobs that last: targets that overrun, batches with a pause between them, devices that come back late, and
// what is taken up again after a restart.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "broker/core/selection.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

void BrokerCore::on_second_of_jobs(const Now& now) {
    for (const auto& [id, job] : jobs_.open()) {
        end_overdue(*job, now);
        if (job->waiting > 0) advance(*job, Keep::always, now);
    }
}

void BrokerCore::end_overdue(Job& job, const Now& now) {
    const bool too_late = job.deliver_by_ms > 0 && now.boot_ms >= job.deliver_by_ms;
    for (auto& [agent, target] : job.targets) {
        if (target.ended || target.closing) continue;
        if (!target.waiting && now.boot_ms >= target.deadline_ms)
            end_target(job, agent, target, Outcome::timeout, "no answer within its time-out", Keep::always,
                       now);
        else if (target.waiting && too_late && sessions_.agent(agent) == nullptr)
            end_target(job, agent, target, Outcome::offline, "it did not come back in time: not sent",
                       Keep::always, now);
        else if (target.waiting && too_late)
            end_target(job, agent, target, Outcome::cancelled, "its turn did not come in time: not sent",
                       Keep::always, now);
    }
}

void BrokerCore::prepare_stop(Job& job) {
    if (!job.body.rollout || job.body.rollout->stop_when.empty()) return;
    if (auto expression = TargetExpression::parse(job.body.rollout->stop_when))
        job.stop_when.emplace(std::move(*expression));
}

std::string BrokerCore::reason_to_stop(const Job& job, const Now& now) const {
    if (!job.body.rollout) return "";
    const Rollout& rollout = *job.body.rollout;
    const std::uint64_t bad = job.failed + job.unanswered;
    const std::uint64_t most =
        share_of(rollout.stop_failures, rollout.stop_failures_percent, job.targets.size());
    if (rollout.stop_failures > 0 && bad >= most)
        return std::to_string(bad) + " of " + std::to_string(job.targets.size()) + " targets failed";
    if (!job.stop_when) return "";
    for (const auto& [agent, target] : job.targets)
        if (target.sent && job.stop_when->matches(facts_of(agent, now)))
            return agent + " is " + rollout.stop_when;
    return "";
}

void BrokerCore::advance(Job& job, Keep keep, const Now& now) {
    if (const std::string reason = reason_to_stop(job, now); !reason.empty()) {
        for (auto& [agent, target] : job.targets)
            if (target.waiting)
                end_target(job, agent, target, Outcome::cancelled, "the rollout stopped: " + reason,
                           Keep::always, now);
        return;
    }
    const bool patient = job.deliver_by_ms > 0;
    std::uint64_t places = job.waiting;
    if (job.body.rollout) {
        if (job.running() > 0) return;
        if (std::exchange(job.batch_runs, false))
            job.pause_until_ms = now.boot_ms + job.body.rollout->pause_ms;
        if (now.boot_ms < job.pause_until_ms) return;
        places = share_of(job.body.rollout->batch, job.body.rollout->batch_percent, job.targets.size());
    }
    for (auto& [agent, target] : job.targets) {
        if (places == 0) break;
        if (!target.waiting || target.closing || (patient && sessions_.agent(agent) == nullptr)) continue;
        start_target(job, agent, target, keep, now);
        job.batch_runs = true;
        --places;
    }
}

// --- after a restart
// -------------------------------------------------------------------------------------------------

void BrokerCore::restore_job(std::uint64_t seq, const JobBody& body) {
    const auto deadline = restored_deadlines_us_.find(body.job);
    if (deadline == restored_deadlines_us_.end() || body.ended) return;
    if (Job* known = jobs_.find(body.job); known != nullptr) {
        known->body.cancelled_by = body.cancelled_by;
        return;
    }
    const auto left_ms = [&](std::int64_t until_us, std::int64_t most_ms) {
        return std::clamp<std::int64_t>((until_us - recovered_wall_us_) / 1000, 0, most_ms);
    };
    // Devices of a job in stages get their whole time again: when each was sent to is not known to the
    // millisecond, and nothing but the answer depends on it.
    const std::int64_t answer_ms = body.rollout || body.deliver_by_us != 0
                                       ? body.timeout_ms + kAnswerGraceMs
                                       : left_ms(deadline->second, limits::kCommandTimeoutMaxMs);
    Job& job = jobs_.create(body, seq, recovered_boot_ms_ + answer_ms);
    if (body.deliver_by_us != 0)
        job.deliver_by_ms = recovered_boot_ms_ + left_ms(body.deliver_by_us, limits::kDeliverByMaxMs);
    prepare_stop(job);
}

void BrokerCore::restore_target(Job& job, const std::string& agent, const CommandBody& sent) {
    Target& target = job.targets.contains(agent) ? job.targets.at(agent) : jobs_.add_target(job, agent);
    JobTable::begin(job, target);
    target.spool = sent.spool;
    target.deadline_ms = job.deadline_ms;
    job.batch_runs = true;
}

void BrokerCore::restore(std::uint64_t seq, const Event& event) {
    CommittedEvent committed{seq, {}};
    committed.event.kind = event.kind;
    committed.event.agent = event.agent;
    if (event.kind == EventKind::alert) {
        if (const auto body = decode<AlertBody>(event.body)) alerts_.restore(*body);
        return;
    }
    if (event.kind == EventKind::job) {
        if (const auto body = decode<JobBody>(event.body)) restore_job(seq, *body);
        return;
    }
    if (event.kind == EventKind::job_targets) {
        const auto body = decode<JobTargetsBody>(event.body);
        Job* job = body ? jobs_.find(body->job) : nullptr;
        if (job == nullptr) return;
        for (const std::string& name : body->names)
            if (!job->targets.contains(name)) jobs_.add_target(*job, name, true);
        return;
    }
    if (event.kind == EventKind::command) {
        const auto body = decode<CommandBody>(event.body);
        Job* job = body ? jobs_.find(body->job) : nullptr;
        if (job == nullptr) return;
        restore_target(*job, event.agent, *body);
        committed.event.command = body->command;
    } else if (event.kind == EventKind::output) {
        if (const auto body = decode<OutputBody>(event.body)) committed.event.command = body->command;
    } else if (event.kind == EventKind::result) {
        const auto body = decode<ResultBody>(event.body);
        if (!body) return;
        committed.event.command = body->command;
        committed.event.body = event.body;
        // A target that was offline had no COMMAND event: its RESULT is the first that is heard of it.
        for (const auto& [id, job] : jobs_.open())
            if (command_id(id, event.agent) == body->command && !job->targets.contains(event.agent))
                jobs_.add_target(*job, event.agent);
    }
    // The broker died between the last answer's commit and that of the job's end: the end is written now.
    if (jobs_.note(committed))
        job_ended(*jobs_.by_command(*committed.event.command).job, {recovered_boot_ms_, recovered_wall_us_});
}

}  // namespace pncp::broker
