// pncp-cli send: one command to many agents, and the whole story of each.
#include "cli/send.hpp"

#include "cli/render_job.hpp"
#include "cli/verbs.hpp"
#include "schema/limits.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

Failure usage(std::string message) { return {ExitCode::usage, {std::move(message), {}}}; }

std::variant<std::string, Failure> target_of(const Settings& settings) {
    const bool all = settings.flag("all");
    if (all && settings.is_set("to")) return usage("--all and --to exclude each other");
    if (!all && !settings.is_set("to")) return usage("to whom? Give --all, or --to with names");
    std::string target;
    for (const std::string& part : settings.list("to")) {
        if (!target.empty()) target += ',';
        target += part;
    }
    if (all) target = "*";
    if (const std::string& out = settings.text("exclude"); !out.empty())
        target = "(" + target + ")!(" + out + ")";
    if (target.empty()) return Failure{ExitCode::no_target, {"--to names nobody", "see: pncp-cli agents"}};
    if (target.size() > limits::kStringBytes) {
        return usage("--to has more than " + std::to_string(limits::kStringBytes) +
                     " characters; send to fewer at a time, or to --all");
    }
    return target;
}

}  // namespace

std::variant<SendRequest, Failure> send_request(const Settings& settings,
                                                const std::vector<std::string>& words) {
    auto target = target_of(settings);
    if (auto* failure = std::get_if<Failure>(&target)) return std::move(*failure);
    if (words.empty()) return usage("which command? See: pncp-cli commands");
    if (words.size() - 1 > limits::kCommandArguments)
        return usage("a command takes at most " + std::to_string(limits::kCommandArguments) + " arguments");
    for (const std::string& word : words) {
        if (word.size() > limits::kArgumentBytes)
            return usage("an argument has at most " + std::to_string(limits::kArgumentBytes) + " bytes");
    }
    SendRequest request;
    request.target = std::move(std::get<std::string>(target));
    request.name = words.front();
    request.arguments.assign(words.begin() + 1, words.end());
    request.timeout_ms = settings.duration_ms("timeout");
    return request;
}

ExitCode run_send(const Call& call) {
    auto made = send_request(call.settings, call.words);
    if (const auto* failure = std::get_if<Failure>(&made)) {
        if (failure->code == ExitCode::usage) return usage_error(call, "send", failure->error.text());
        return report(call, *failure);
    }
    SendRequest& request = std::get<SendRequest>(made);
    call.world.random_bytes(request.job);
    request.claims = call.world.user;
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    const Id16 job = request.job;
    auto answer = std::get<0>(link)->call(request, call.settings.duration_ms("broker.timeout"));
    const auto* failure = std::get_if<Failure>(&answer);
    const bool uncertain = failure != nullptr && failure->maybe_sent;
    const auto sent = expect<SendReply>(call, std::move(answer));
    if (const auto* code = std::get_if<ExitCode>(&sent)) {
        // The broker may have taken the job all the same, so its id must not be lost.
        if (uncertain) call.world.console.err(render_uncertain(job));
        return *code;
    }
    return follow_job(call, *std::get<0>(link), job);
}

}  // namespace pncp::cli
