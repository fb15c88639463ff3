// pncp-cli retry ID: the same command again, for those that it did not go well with.
#include <algorithm>

#include "cli/job.hpp"
#include "cli/job_follow.hpp"
#include "cli/job_report.hpp"
#include "cli/name_folder.hpp"
#include "cli/send.hpp"
#include "schema/limits.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

/// As the broker writes it where a secret argument was; PROTOCOL.md, section 10.
constexpr std::string_view kSecretArgument = "(secret)";

bool is_failed(Verdict verdict) {
    return verdict == Verdict::failed || verdict == Verdict::refused || verdict == Verdict::denied;
}

/// Not answered. Names that nobody bears would only be refused again.
bool is_missing(Verdict verdict) {
    return verdict == Verdict::timeout || verdict == Verdict::offline || verdict == Verdict::interrupted ||
           verdict == Verdict::cancelled;
}

std::vector<std::string> chosen(const Settings& settings, const std::vector<Ending>& endings) {
    std::vector<std::string> names;
    for (const Ending& ending : endings) {
        const bool wanted = (settings.flag("failed") && is_failed(ending.verdict)) ||
                            (settings.flag("missing") && is_missing(ending.verdict));
        if (wanted) names.push_back(ending.agent);
    }
    return names;
}

ExitCode secret_is_gone(const Call& call, const JobBody& body, const std::string& target) {
    return report(call, ExitCode::usage,
                  {"an argument of that job is secret, and kept nowhere",
                   "send it again with the argument: pncp-cli send --to '" + target + "' " +
                       escape_controls(body.name) + " ..."});
}

}  // namespace

Verb retry_verb() {
    std::vector<Setting> settings{
        {.key = "failed",
         .kind = Kind::flag,
         .help = "Those that answered, but not with ok: failed, refused, denied.",
         .group = "Whom"},
        {.key = "missing",
         .kind = Kind::flag,
         .help = "Those without an answer: offline, timeout, interrupted, cancelled.",
         .group = "Whom"},
        {.key = "dry_run",
         .kind = Kind::flag,
         .help = "Show whom it would reach; send nothing.",
         .group = "Whom",
         .letter = 'n'}};
    for (Setting& more : sending_settings()) settings.push_back(std::move(more));
    return {.name = "retry",
            .purpose = "Send a job's command again to those that failed or did not answer",
            .usage = "ID --failed | --missing",
            .settings = std::move(settings),
            .max_positionals = 1,
            .details =
                "It is a new job with the same command, arguments and time-out.\n\n"
                "Examples:\n"
                "  pncp-cli retry 0123abcd --missing\n"
                "  pncp-cli retry 0123abcd --failed --missing --dry-run"};
}

ExitCode run_retry(const Call& call) {
    const Settings& settings = call.settings;
    if (call.words.empty()) return usage_error(call, "retry", "which job? Give its id; see: pncp-cli jobs");
    if (!settings.flag("failed") && !settings.flag("missing"))
        return usage_error(call, "retry", "whom? Give --failed, --missing, or both");
    if (const std::string mistake = report_mistake(settings); !mistake.empty())
        return usage_error(call, "retry", mistake);
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    BrokerLink& broker = *std::get<0>(link);
    const auto found = find_job(call, broker, call.words.front());
    if (const auto* code = std::get_if<ExitCode>(&found)) return *code;
    JobView view(std::get<Id16>(found));
    auto read = read_job(call, broker, view);
    if (const auto* code = std::get_if<ExitCode>(&read)) return *code;
    auto& job = std::get<JournaledJob>(read);
    if (job.body.ended)
        for (Ending& ending : view.close()) job.endings.push_back(std::move(ending));
    else
        call.world.console.err("the job is still open; who has not ended is left out\n");
    const std::vector<std::string> names = chosen(settings, job.endings);
    if (names.empty())
        return report(call, ExitCode::no_target,
                      {"nobody is left to retry", "it ended as: " + view.tally().summary(view.open())});
    SendRequest request;
    request.target = fold_names(names);
    if (request.target.size() > limits::kRequestTextBytes)
        return report(call, ExitCode::usage,
                      {std::to_string(names.size()) + " names are more than one job can list",
                       "send to fewer with: pncp-cli send --to"});
    const auto& arguments = job.body.arguments;
    if (std::find(arguments.begin(), arguments.end(), kSecretArgument) != arguments.end())
        return secret_is_gone(call, job.body, request.target);
    request.name = job.body.name;
    request.arguments = arguments;
    request.timeout_ms = job.body.timeout_ms;
    if (settings.flag("dry_run")) return show_targets(call, broker, request);
    return begin_job(call, broker, std::move(request));
}

}  // namespace pncp::cli
