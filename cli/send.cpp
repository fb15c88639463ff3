// pncp-cli send: one command to many agents, and the whole story of each.
#include "cli/send.hpp"

#include <utility>

#include "cli/job_follow.hpp"
#include "cli/job_report.hpp"
#include "cli/render_job.hpp"
#include "cli/render_json.hpp"
#include "cli/word_cache.hpp"

namespace pncp::cli {
namespace {

bool is_for_people(const std::string& form) { return form == "text" || form == "table"; }

ExitCode detach(const Call& call, const SendReply& taken) {
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    const std::string id = to_hex(taken.job);
    if (form == "json" || form == "jsonl") {
        console.out(json_sent(taken, form == "json" ? JsonForm::document : JsonForm::lines));
    } else {
        console.out(id + "\n");
        console.err("sent to " + std::to_string(taken.targets) + (taken.targets == 1 ? " agent" : " agents") +
                    "; follow it with: pncp-cli job " + id + "\n");
    }
    return ExitCode::ok;
}

}  // namespace

ExitCode begin_job(const Call& call, BrokerLink& link, SendRequest request) {
    call.world.random_bytes(request.job);
    request.claims = call.world.user;
    auto answer = link.call(request, call.settings.duration_ms("broker.timeout"));
    const auto* failure = std::get_if<Failure>(&answer);
    const bool uncertain = failure != nullptr && failure->maybe_sent;
    const auto sent = expect<SendReply>(call, std::move(answer));
    if (const auto* code = std::get_if<ExitCode>(&sent)) {
        // The broker may have taken the job all the same, so its id must not be lost.
        if (uncertain) call.world.console.err(render_uncertain(request.job));
        return *code;
    }
    if (request.limit > 0 && !call.settings.is_set("seed"))
        call.world.console.err("drawn by lot; the same ones again: --seed " + std::to_string(request.seed) +
                               "\n");
    const SendReply& taken = std::get<SendReply>(sent);
    remember_jobs(call, {{to_hex(request.job), call.world.wall_us(), request.name}});
    if (call.settings.flag("detach")) return detach(call, taken);
    if (request.deliver_by_ms > 0 && is_for_people(call.settings.text("output")))
        call.world.console.err("agents that are offline get it within " +
                               duration_text(request.deliver_by_ms) + "; Ctrl-C leaves the job to itself\n");
    return follow_job(call, link, {request.job, taken.targets});
}

ExitCode run_send(const Call& call) {
    if (const std::string mistake = report_mistake(call.settings); !mistake.empty())
        return usage_error(call, "send", mistake);
    auto made = send_request(call);
    if (const auto* failure = std::get_if<Failure>(&made)) {
        if (failure->code == ExitCode::usage) return usage_error(call, "send", failure->error.text());
        return report(call, *failure);
    }
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    auto& request = std::get<SendRequest>(made);
    if (call.settings.flag("dry_run")) return show_targets(call, *std::get<0>(link), request);
    const ExitCode code = begin_job(call, *std::get<0>(link), std::move(request));
    if (const std::string late = option_after_command(call); code == ExitCode::some_failed && !late.empty())
        call.world.console.err(late +
                               " stood after the command, so the command got it; options stand before\n");
    return code;
}

}  // namespace pncp::cli
