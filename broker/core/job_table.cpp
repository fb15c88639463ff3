#include "broker/core/job_table.hpp"

#include <algorithm>

#include "schema/codec.hpp"
#include "schema/keys.hpp"

namespace pncp::broker {

Job& JobTable::create(const JobBody& body, std::uint64_t first_seq, std::int64_t deadline_ms) {
    Job& job = jobs_[body.job];
    job.id = body.job;
    job.body = body;
    job.first_seq = first_seq;
    job.deadline_ms = deadline_ms;
    return job;
}

Target& JobTable::add_target(Job& job, const std::string& agent) {
    Target& target = job.targets[agent];
    target.command = command_id(job.id, agent);
    commands_[target.command] = {job.id, agent};
    return target;
}

void JobTable::remove(const Id16& id) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    for (const auto& [agent, target] : found->second.targets) commands_.erase(target.command);
    jobs_.erase(found);
}

Job* JobTable::find(const Id16& id) {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

JobTable::Found JobTable::by_command(const Id16& command) {
    const auto found = commands_.find(command);
    if (found == commands_.end()) return {};
    Job& job = jobs_.at(found->second.job);
    return {&job, found->second.agent, &job.targets.at(found->second.agent)};
}

bool JobTable::note(const CommittedEvent& committed) {
    if (!committed.event.command) return false;
    auto [job, agent, target] = by_command(*committed.event.command);
    // A row of another agent that bears this command's id is that agent's claim, not this target's answer.
    if (job == nullptr || committed.event.agent != agent || target->ended) return false;
    job->rows.push_back(committed.seq);
    if (committed.event.kind == EventKind::command) target->sent = true;
    if (committed.event.kind != EventKind::result) return false;
    target->ended = true;
    // After a restart the targets become known one by one; how many there are was said at the beginning.
    if (++job->answered < std::max<std::size_t>(job->targets.size(), job->body.targets)) return false;
    job->ended = true;
    ended_.push_back(job->id);
    if (ended_.size() > limits::kJobsRemembered) {
        const Id16 oldest = ended_.front();
        ended_.pop_front();
        if (oldest != job->id) remove(oldest);
    }
    return true;
}

std::vector<JobTable::Found> JobTable::outstanding(const std::string& agent) {
    std::vector<Found> found;
    for (auto& [id, job] : jobs_) {
        if (job.ended) continue;
        const auto at = job.targets.find(agent);
        if (at != job.targets.end() && at->second.sent && !at->second.ended)
            found.push_back({&job, agent, &at->second});
    }
    return found;
}

}  // namespace pncp::broker
