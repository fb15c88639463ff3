// pncp-cli cancel ID: ends what of a job has not ended.
#include "cli/job.hpp"
#include "cli/job_follow.hpp"
#include "cli/render_json.hpp"

namespace pncp::cli {
namespace {

std::string said(const CancelReply& reply) {
    const std::string id = to_hex(reply.job);
    if (reply.withdrawn + reply.told == 0)
        return "job " + id + " had ended already on all " + std::to_string(reply.ended) + "\n";
    std::string text = "job " + id + ":\n";
    text +=
        "  " + std::to_string(reply.withdrawn) + " withdrawn: nothing was sent to them, or can reach them\n";
    text += "  " + std::to_string(reply.told) + " told to stop\n";
    text += "  " + std::to_string(reply.ended) + " had ended already\n";
    return text;
}

}  // namespace

Verb cancel_verb() {
    return {.name = "cancel",
            .purpose = "End what of a job has not ended",
            .usage = "ID",
            .settings = {{.key = "output",
                          .default_text = "text",
                          .help = "For people, as one JSON document, or as one JSON object a line.",
                          .choices = {"text", "json", "jsonl"},
                          .letter = 'o'}},
            .max_positionals = 1,
            .details =
                "What was not sent yet is withdrawn; what runs is told to stop, and its result says how it\n"
                "ended. Who cancelled is in the journal and in the log.\n\n"
                "Example:\n  pncp-cli cancel 0123abcd"};
}

ExitCode run_cancel(const Call& call) {
    if (call.words.empty()) return usage_error(call, "cancel", "which job? Give its id; see: pncp-cli jobs");
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    BrokerLink& broker = *std::get<0>(link);
    const auto job = find_job(call, broker, call.words.front());
    if (const auto* code = std::get_if<ExitCode>(&job)) return *code;
    const auto answer = ask<CancelReply>(call, broker, CancelRequest{std::get<Id16>(job), call.world.user});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const CancelReply& reply = std::get<CancelReply>(answer);
    Console& console = call.world.console;
    const std::string& form = call.settings.text("output");
    if (form != "text") {
        console.out(json_cancel(reply, form == "json" ? JsonForm::document : JsonForm::lines));
        return ExitCode::ok;
    }
    console.out(said(reply));
    if (reply.told > 0) console.err("see how they end: pncp-cli job " + to_hex(reply.job) + "\n");
    return ExitCode::ok;
}

}  // namespace pncp::cli
