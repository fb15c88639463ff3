#include "cli/job_list.hpp"

#include <algorithm>
#include <utility>

#include "cli/agent_columns.hpp"
#include "cli/json_out.hpp"
#include "schema/codec.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kIdDigitsMin = 8;

std::string result_text(const JobLine& job) {
    const JobBody& body = job.body;
    if (job.ended_ns == 0) return std::to_string(job.answered) + " of " + std::to_string(body.targets);
    std::string text = std::to_string(body.ok) + " ok";
    if (body.failed > 0) text += ", " + std::to_string(body.failed) + " failed";
    if (body.unanswered > 0) text += ", " + std::to_string(body.unanswered) + " unanswered";
    return text;
}

std::string state_text(const JobLine& job) {
    std::string text(job_state_name(job.state));
    if (!job.body.cancelled_by.empty()) text = (job.state == JobState::open ? "cancelling" : text);
    return text;
}

std::string command_text(const JobBody& body) {
    std::string text = body.name;
    for (const std::string& argument : body.arguments) text += " " + argument;
    return text;
}

/// Digits that tell the ids of these jobs apart.
std::size_t id_digits(const std::vector<JobLine>& jobs) {
    std::vector<std::string> ids;
    for (const JobLine& job : jobs) ids.push_back(to_hex(job.body.job));
    std::sort(ids.begin(), ids.end());
    std::size_t digits = kIdDigitsMin;
    for (std::size_t i = 1; i < ids.size(); ++i) {
        const auto differ = std::mismatch(ids[i].begin(), ids[i].end(), ids[i - 1].begin()).first;
        digits = std::max(digits, std::min<std::size_t>(static_cast<std::size_t>(differ - ids[i].begin()) + 1,
                                                        ids[i].size()));
    }
    return digits;
}

}  // namespace

std::string_view job_state_name(JobState state) {
    switch (state) {
        case JobState::open:
            return "open";
        case JobState::ended:
            return "ended";
        case JobState::cancelled:
            return "cancelled";
        case JobState::lost:
            return "lost";
    }
    return "lost";
}

void JobList::add(const Event& event) {
    if (event.kind != EventKind::job) return;
    auto body = decode<JobBody>(event.body);
    if (!body) return;
    const auto [at, fresh] = places_.try_emplace(body->job, lines_.size());
    if (fresh) lines_.emplace_back();
    JobLine& line = lines_[at->second];
    const bool begins = fresh && !body->ended && body->cancelled_by.empty();
    if (begins) line.begun_ns = event.time_ns;
    line.body = std::move(*body);
    if (!line.body.ended) return;
    line.ended_ns = event.time_ns;
    line.answered = line.body.targets;
    line.state = line.body.cancelled_by.empty() ? JobState::ended : JobState::cancelled;
}

std::vector<JobLine> JobList::take() {
    places_.clear();
    return std::exchange(lines_, {});
}

std::string render_jobs(const std::vector<JobLine>& jobs, std::int64_t now_us, const Style& style) {
    const std::vector<std::string> header{"ID", "BEGAN", "STATE", "RESULT", "BY", "COMMAND", "TO"};
    constexpr std::size_t kCommand = 5;
    const std::size_t digits = id_digits(jobs);
    std::vector<std::vector<std::string>> rows;
    for (const JobLine& job : jobs) {
        rows.push_back({to_hex(job.body.job).substr(0, digits),
                        job.begun_ns == 0 ? "-" : ago_text(job.begun_ns / 1000, now_us), state_text(job),
                        result_text(job), job.body.operator_id, command_text(job.body), job.body.target});
    }
    return table_text(header, rows, style, {kCommand, kCommand + 1});
}

std::string json_jobs(const std::vector<JobLine>& jobs, JsonForm form) {
    std::vector<Json> rows;
    for (const JobLine& job : jobs) {
        const JobBody& body = job.body;
        const auto count = [&](std::uint64_t value) {
            return job.ended_ns == 0 ? Json(nullptr) : Json(value);
        };
        rows.push_back({{"id", to_hex(body.job)},
                        {"began", json_time(job.begun_ns / 1000)},
                        {"ended", json_time(job.ended_ns / 1000)},
                        {"state", job_state_name(job.state)},
                        {"command", body.name},
                        {"arguments", body.arguments},
                        {"target", body.target},
                        {"operator", body.operator_id},
                        {"targets", body.targets},
                        {"answered", job.answered},
                        {"ok", count(body.ok)},
                        {"failed", count(body.failed)},
                        {"unanswered", count(body.unanswered)},
                        {"cancelled_by", body.cancelled_by.empty() ? Json(nullptr) : Json(body.cancelled_by)},
                        {"timeout_ms", body.timeout_ms},
                        {"deliver_by", json_time(body.deliver_by_us)}});
    }
    return listed("jobs", rows, form);
}

std::string csv_jobs(const std::vector<JobLine>& jobs, const Style& style) {
    std::string out =
        "id,began,ended,state,command,arguments,target,operator,targets,answered,ok,failed,unanswered,"
        "cancelled_by,timeout_ms,deliver_by\r\n";
    const auto time = [](std::int64_t wall_us) { return wall_us == 0 ? std::string() : utc_text(wall_us); };
    for (const JobLine& job : jobs) {
        const JobBody& body = job.body;
        std::string arguments;
        for (const std::string& each : body.arguments) arguments += (arguments.empty() ? "" : " ") + each;
        const auto text = [&](const std::string& raw) { return style.neutralise ? neutralised(raw) : raw; };
        const auto count = [&](std::uint64_t value) {
            return job.ended_ns == 0 ? std::string() : std::to_string(value);
        };
        std::string line;
        for (const std::string& field :
             {to_hex(body.job), time(job.begun_ns / 1000), time(job.ended_ns / 1000),
              std::string(job_state_name(job.state)), text(body.name), text(arguments), text(body.target),
              text(body.operator_id), std::to_string(body.targets), std::to_string(job.answered),
              count(body.ok), count(body.failed), count(body.unanswered), text(body.cancelled_by),
              std::to_string(body.timeout_ms), time(body.deliver_by_us)})
            line += (line.empty() ? "" : ",") + csv_field(field);
        out += line + "\r\n";
    }
    return out;
}

}  // namespace pncp::cli
