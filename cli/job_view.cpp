#include "cli/job_view.hpp"

#include <utility>

#include "schema/codec.hpp"

namespace pncp::cli {

std::vector<Ending> JobView::add(const JobReply& page) {
    std::vector<Ending> endings;
    if (page.job != job_) return endings;
    targets_ = page.targets;
    next_ = page.next;
    drained_ = page.ended && page.rows.empty();
    for (const EventRow& row : page.rows) {
        const auto event = decode<Event>(row.event);
        if (event) add(*event, endings);
    }
    return endings;
}

void JobView::add(const Event& event, std::vector<Ending>& endings) {
    if (event.kind == EventKind::job) {
        const auto body = decode<JobBody>(event.body);
        if (body && body->job == job_) targets_ = body->targets;
    }
    if (event.kind == EventKind::job_targets) on_targets(event);
    if (event.kind == EventKind::command) on_command(event);
    if (event.kind == EventKind::output) on_output(event);
    if (event.kind == EventKind::result) on_result(event, endings);
}

void JobView::on_targets(const Event& event) {
    const auto body = decode<JobTargetsBody>(event.body);
    if (!body || body->job != job_) return;
    for (const std::string& name : body->names)
        if (!ended_.contains(name)) pending_.try_emplace(name);
}

void JobView::on_command(const Event& event) {
    auto body = decode<CommandBody>(event.body);
    if (!body || body->job != job_ || event.agent.empty()) return;
    command_ = std::move(body->name);
    arguments_ = std::move(body->arguments);
    if (!ended_.contains(event.agent)) pending_.try_emplace(event.agent);
}

void JobView::on_output(const Event& event) {
    const auto body = decode<OutputBody>(event.body);
    if (!body || event.agent.empty() || ended_.contains(event.agent)) return;
    Pending& pending = pending_[event.agent];
    (body->stream == OutputStream::out ? pending.out : pending.err).add(body->offset, body->bytes);
}

void JobView::on_result(const Event& event, std::vector<Ending>& endings) {
    auto body = decode<ResultBody>(event.body);
    if (!body || event.agent.empty() || !ended_.insert(event.agent).second) return;
    const Pending pending = std::exchange(pending_[event.agent], {});
    pending_.erase(event.agent);
    Ending ending;
    ending.agent = event.agent;
    ending.verdict = verdict_of(*body);
    ending.exit_code = body->exit_code;
    ending.signal = body->signal;
    ending.duration_ms = body->duration_ms;
    ending.reason = std::move(body->reason);
    ending.truncated = body->truncated;
    ending.out = pending.out.finish(body->out_bytes, body->out);
    ending.err = pending.err.finish(body->err_bytes, body->err);
    ending.time_ns = event.time_ns;
    tally_.add(ending.verdict);
    if (command_.empty()) command_ = std::move(body->name);
    endings.push_back(std::move(ending));
}

std::vector<std::string> JobView::out() const {
    std::vector<std::string> names;
    for (const auto& [agent, pending] : pending_) names.push_back(agent);
    return names;
}

bool JobView::complete() const { return drained_ || (targets_ > 0 && tally_.total() >= targets_); }

std::vector<Ending> JobView::close() {
    std::vector<Ending> endings;
    for (const auto& [agent, pending] : pending_) {
        if (tally_.total() >= targets_) break;
        Ending ending;
        ending.agent = agent;
        ending.verdict = Verdict::interrupted;
        ending.reason = "the job ended, but the broker has no result of this agent";
        ending.out = pending.out.so_far();
        ending.err = pending.err.so_far();
        tally_.add(Verdict::interrupted);
        ended_.insert(agent);
        endings.push_back(std::move(ending));
    }
    pending_.clear();
    if (tally_.total() < targets_) tally_.add(Verdict::interrupted, targets_ - tally_.total());
    return endings;
}

}  // namespace pncp::cli
