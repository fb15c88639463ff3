#include "broker/core/job_table.hpp"

#include <algorithm>

#include "schema/codec.hpp"
#include "schema/keys.hpp"

namespace pncp::broker {

namespace {

void count_result(Job& job, const Bytes& encoded) {
    const auto body = decode<ResultBody>(encoded);
    if (!body) return;
    switch (body->outcome) {
        case Outcome::finished:
            ++(body->exit_code == 0 ? job.ok : job.failed);
            return;
        case Outcome::offline:
        case Outcome::timeout:
        case Outcome::interrupted:
        case Outcome::unknown:
            ++job.unanswered;
            return;
        case Outcome::refused:
        case Outcome::denied:
        case Outcome::cancelled:
        case Outcome::killed:
            ++job.failed;
            return;
    }
}

}  // namespace

Job& JobTable::create(const JobBody& body, std::uint64_t first_seq, std::int64_t deadline_ms) {
    Job& job = jobs_[body.job];
    job.id = body.job;
    job.body = body;
    job.first_seq = first_seq;
    job.deadline_ms = deadline_ms;
    open_[job.id] = &job;
    return job;
}

Target& JobTable::add_target(Job& job, const std::string& agent, bool waiting) {
    auto& [name, target] = *job.targets.try_emplace(agent).first;
    target.command = command_id(job.id, agent);
    target.waiting = waiting;
    job.waiting += waiting ? 1 : 0;
    commands_[target.command] = {&job, &name, &target};
    return target;
}

void JobTable::begin(Job& job, Target& target) {
    if (target.waiting) --job.waiting;
    target.waiting = false;
}

void JobTable::put_back(Job& job, Target& target) {
    if (target.waiting || target.sent || target.ended || !job.staged()) return;
    target.waiting = true;
    ++job.waiting;
}

void JobTable::remove(const Id16& id) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    for (const auto& [agent, target] : found->second.targets) commands_.erase(target.command);
    open_.erase(id);
    jobs_.erase(found);
}

Job* JobTable::find(const Id16& id) {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

JobTable::Found JobTable::by_command(const Id16& command) {
    const auto found = commands_.find(command);
    return found == commands_.end() ? Found{} : found->second;
}

bool JobTable::note(const CommittedEvent& committed) {
    if (!committed.event.command) return false;
    auto [job, agent, target] = by_command(*committed.event.command);
    // A row of another agent that bears this command's id is that agent's claim, not this target's answer.
    if (job == nullptr || committed.event.agent != *agent || target->ended) return false;
    job->rows.push_back(committed.seq);
    if (committed.event.kind == EventKind::command) target->sent = true;
    if (committed.event.kind != EventKind::result) return false;
    begin(*job, *target);
    target->ended = true;
    count_result(*job, committed.event.body);
    // After a restart the targets become known one by one; how many there are was said at the beginning.
    if (++job->answered < std::max<std::uint64_t>(job->targets.size(), job->body.targets)) return false;
    job->ended = true;
    open_.erase(job->id);
    ended_.push_back(job->id);
    targets_ended_ += job->targets.size();
    forget_oldest();
    return true;
}

void JobTable::forget_oldest() {
    while (ended_.size() > 1 &&
           (ended_.size() > limits::kJobsRemembered || targets_ended_ > limits::kTargetsRemembered)) {
        const Id16 oldest = ended_.front();
        ended_.pop_front();
        const Job* job = find(oldest);
        if (job == nullptr) continue;
        targets_ended_ -= job->targets.size();
        remove(oldest);
    }
}

std::size_t JobTable::open_targets() const {
    std::size_t count = 0;
    for (const auto& [id, job] : open_) count += job->targets.size();
    return count;
}

std::vector<JobTable::Found> JobTable::outstanding(const std::string& agent) {
    std::vector<Found> found;
    for (const auto& [id, job] : open_) {
        const auto at = job->targets.find(agent);
        if (at != job->targets.end() && at->second.sent && !at->second.ended)
            found.push_back({job, &at->first, &at->second});
    }
    return found;
}

}  // namespace pncp::broker
