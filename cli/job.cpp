// pncp-cli job ID: comes back to a job.
#include "cli/job.hpp"

#include "cli/job_follow.hpp"
#include "cli/job_report.hpp"

namespace pncp::cli {

Verb job_verb() {
    std::vector<Setting> settings = report_settings();
    settings.push_back({.key = "follow",
                        .kind = Kind::flag,
                        .help = "Until every agent has ended, which is what it does by itself."});
    settings.push_back(
        {.key = "now", .kind = Kind::flag, .help = "Only how it stands now; those still out are counted."});
    return {.name = "job",
            .purpose = "Come back to a job and follow it to its end",
            .usage = "ID",
            .settings = std::move(settings),
            .max_positionals = 1,
            .details =
                "The first digits of an id are enough. Jobs that ended long ago come from the broker's\n"
                "journal.\n\n"
                "Examples:\n"
                "  pncp-cli job 0123abcd\n"
                "  pncp-cli job 0123abcd --now -o json\n"
                "  pncp-cli job 0123abcd --outliers --diff"};
}

ExitCode run_job(const Call& call) {
    if (call.words.empty()) return usage_error(call, "job", "which job? Give its id; see: pncp-cli jobs");
    if (const std::string mistake = report_mistake(call.settings); !mistake.empty())
        return usage_error(call, "job", mistake);
    if (call.settings.flag("follow") && call.settings.flag("now"))
        return usage_error(call, "job", "--follow and --now exclude each other");
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    const auto job = find_job(call, *std::get<0>(link), call.words.front());
    if (const auto* code = std::get_if<ExitCode>(&job)) return *code;
    return follow_job(call, *std::get<0>(link), {std::get<Id16>(job), 0, !call.settings.flag("now")});
}

}  // namespace pncp::cli
