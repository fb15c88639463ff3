// Jobs as the broker's journal has them.
#include <algorithm>

#include "cli/job_follow.hpp"
#include "cli/journal_reader.hpp"
#include "schema/codec.hpp"
#include "schema/keys.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

/// Four hexadecimal digits tell 65,536 jobs apart; fewer are more likely a mistake than an id.
constexpr std::size_t kDigitsMin = 4;
constexpr std::size_t kDigitsMax = 32;
/// Ids that an ambiguous word lists.
constexpr std::size_t kIdsShown = 5;

bool is_id_part(std::string_view word) {
    return word.size() >= kDigitsMin && word.size() <= kDigitsMax &&
           word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

JournalReader reader_of(const Call& call, BrokerLink& link) {
    return {link, call.settings.duration_ms("broker.timeout")};
}

ExitCode no_such_job(const Call& call, const std::string& word) {
    return report(call, ExitCode::usage,
                  {"no job " + word + " is in the broker's journal", "see: pncp-cli jobs --since 30d"});
}

/// True when the event is of this job: outputs and results name their command, and that follows from the job.
bool belongs(const Event& event, const Id16& job) {
    if (event.kind == EventKind::output) {
        const auto body = decode<OutputBody>(event.body);
        return body && body->command == command_id(job, event.agent);
    }
    if (event.kind == EventKind::result) {
        const auto body = decode<ResultBody>(event.body);
        return body && body->command == command_id(job, event.agent);
    }
    return event.kind == EventKind::command;
}

}  // namespace

std::variant<Id16, ExitCode> find_job(const Call& call, BrokerLink& link, const std::string& word) {
    if (const auto whole = from_hex<16>(word)) return *whole;
    if (!is_id_part(word))
        return report(
            call, ExitCode::usage,
            {escape_controls(word) + " is no job's id: 32 hexadecimal digits, or the first 4 or more",
             "see: pncp-cli jobs"});
    std::vector<Id16> found;
    auto end = reader_of(call, link).read("job/" + word, 0, [&](FeedEvent&& event) {
        const auto body = decode<JobBody>(event.event.body);
        if (event.event.kind == EventKind::job && body &&
            std::find(found.begin(), found.end(), body->job) == found.end())
            found.push_back(body->job);
        return true;
    });
    if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
    if (found.empty()) return no_such_job(call, word);
    if (found.size() == 1) return found.front();
    std::string ids;
    for (std::size_t i = 0; i < std::min(found.size(), kIdsShown); ++i)
        ids += (ids.empty() ? "" : ", ") + to_hex(found[i]);
    return report(
        call, ExitCode::usage,
        {std::to_string(found.size()) + " jobs begin with " + word + ": " + ids, "give more digits"});
}

std::variant<JournaledJob, ExitCode> read_job(const Call& call, BrokerLink& link, JobView& view) {
    JournalReader journal = reader_of(call, link);
    const std::string id = to_hex(view.job());
    auto own = journal.read_all("job/" + id + "/", 0);
    if (const auto* failure = std::get_if<Failure>(&own)) return report(call, *failure);
    const auto& events = std::get<std::vector<FeedEvent>>(own);
    if (events.empty()) return no_such_job(call, id);
    JournaledJob job;
    for (const FeedEvent& event : events) {
        view.add(event.event, job.endings);
        if (event.event.kind != EventKind::job) continue;
        if (auto body = decode<JobBody>(event.event.body)) job.body = std::move(*body);
    }
    // Everything of the job stands between its first event and its last one.
    const std::uint64_t last = job.body.ended ? events.back().seq : JournalReader::kToTheEnd;
    for (const char* prefix : {"command/", "result/"}) {
        auto end = journal.read(
            prefix, events.front().seq,
            [&](FeedEvent&& event) {
                if (belongs(event.event, view.job())) view.add(event.event, job.endings);
                return true;
            },
            last);
        if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
    }
    return job;
}

}  // namespace pncp::cli
