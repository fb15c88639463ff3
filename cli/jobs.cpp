// pncp-cli jobs: what was sent lately, and how far it is.
#include <limits>

#include "cli/job.hpp"
#include "cli/job_list.hpp"
#include "cli/journal_reader.hpp"
#include "cli/since.hpp"
#include "cli/word_cache.hpp"

namespace pncp::cli {
namespace {

/// How far a job is that the journal has no end of. A Failure when the broker can not be asked.
std::optional<Failure> add_progress(const Call& call, BrokerLink& link, JobLine& job) {
    // Past every sequence: no rows are wanted, only the counts.
    const JobRequest request{job.body.job, std::numeric_limits<std::uint64_t>::max(), 0};
    auto answer = link.call(request, call.settings.duration_ms("broker.timeout"));
    if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
    const Reply& reply = std::get<Reply>(answer);
    if (const auto* page = std::get_if<JobReply>(&reply)) job.answered = page->answered;
    if (const auto* error = std::get_if<ErrorReply>(&reply); error != nullptr)
        if (error->code == ErrorCode::unknown_job) job.state = JobState::lost;
    return std::nullopt;
}

std::string said(const Call& call, const std::vector<JobLine>& jobs) {
    const std::string& form = call.settings.text("output");
    const Style style = style_of(call);
    if (form == "json") return json_jobs(jobs, JsonForm::document);
    if (form == "jsonl") return json_jobs(jobs, JsonForm::lines);
    if (form == "csv") return csv_jobs(jobs, style);
    return render_jobs(jobs, call.world.wall_us(), style);
}

}  // namespace

Verb jobs_verb() {
    return {.name = "jobs",
            .purpose = "List the jobs of the last day, and how far the open ones are",
            .settings = {since_setting("From when on", "24h"),
                         {.key = "output",
                          .default_text = "table",
                          .help = "For people, as one JSON document, one JSON object a line, or CSV.",
                          .choices = {"table", "json", "jsonl", "csv"},
                          .letter = 'o'}},
            .max_positionals = 0,
            .details =
                "failed: answered, but not with ok. unanswered: offline, timeout, interrupted.\n"
                "lost: its end is in no journal, and the broker does not know it any more.\n\n"
                "Examples:\n"
                "  pncp-cli jobs\n"
                "  pncp-cli jobs --since 7d -o csv"};
}

ExitCode run_jobs(const Call& call) {
    const std::string& since = call.settings.text("since");
    const auto from_ns = since_ns(since, call.world.wall_us());
    if (!from_ns) return usage_error(call, "jobs", not_a_since(since));
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    BrokerLink& broker = *std::get<0>(link);
    JournalReader journal(broker, call.settings.duration_ms("broker.timeout"));
    JobList list;
    // From the beginning: a job that began before then may be open still. The journal finds them by class.
    auto end = journal.read("job/", 0, [&](FeedEvent&& event) {
        list.add(event.event);
        return true;
    });
    if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
    std::vector<JobLine> jobs = list.take();
    std::erase_if(jobs, [&](const JobLine& job) {
        return job.ended_ns != 0 && std::max(job.begun_ns, job.ended_ns) < *from_ns;
    });
    for (JobLine& job : jobs) {
        if (job.ended_ns != 0) continue;
        if (const auto failure = add_progress(call, broker, job)) return report(call, *failure);
    }
    std::vector<KnownJob> known;
    for (const JobLine& job : jobs)
        known.push_back({to_hex(job.body.job), job.begun_ns / 1000, job.body.name});
    remember_jobs(call, std::move(known));
    call.world.console.out(said(call, jobs));
    if (jobs.empty() && call.settings.text("output") == "table")
        call.world.console.err("no job since then; an earlier one: pncp-cli jobs --since 30d\n");
    return ExitCode::ok;
}

}  // namespace pncp::cli
