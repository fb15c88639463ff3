// The options of pncp-cli send, and the request that they make.
#include <algorithm>
#include <array>

#include "cli/job_report.hpp"
#include "cli/send.hpp"
#include "cli/target_text.hpp"
#include "schema/limits.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

Failure usage(std::string message) { return {ExitCode::usage, {std::move(message), {}}}; }

std::vector<Setting> whom_settings() {
    return {
        {.key = "all", .kind = Kind::flag, .help = "To every agent that the broker knows.", .group = "Whom"},
        {.key = "to",
         .kind = Kind::list,
         .help = "To these agents: names, ranges, globs, /regex/, tags, facts and @groups, joined by , & !",
         .value_name = "EXPRESSION",
         .group = "Whom"},
        {.key = "exclude",
         .help = "But not to these: an expression as for --to.",
         .value_name = "EXPRESSION",
         .group = "Whom",
         .letter = 'x'},
        {.key = "offline",
         .default_text = "include",
         .help = "Agents that are offline: include counts them as unanswered, skip leaves them out, fail "
                 "sends nothing when there is one.",
         .group = "Whom",
         .choices = {"include", "skip", "fail"}},
        {.key = "limit",
         .help = "So many of them only, or so many percent, drawn by lot.",
         .value_name = "N|N%",
         .group = "Whom"},
        {.key = "seed",
         .kind = Kind::integer,
         .help = "Draw the same ones again for --limit.",
         .group = "Whom",
         .min = 0},
        {.key = "dry_run",
         .kind = Kind::flag,
         .help = "Show whom it would reach; send nothing.",
         .group = "Whom",
         .letter = 'n'}};
}

std::vector<Setting> when_settings() {
    return {
        {.key = "timeout",
         .kind = Kind::duration,
         .help = "How long the command may run, such as 30s. By default the broker decides (30s).",
         .group = "When",
         .min = 1,
         .max = limits::kCommandTimeoutMaxMs},
        {.key = "deliver_by",
         .kind = Kind::duration,
         .help = "Agents that are offline get it when they come back within this time, such as 24h.",
         .group = "When",
         .min = 1,
         .max = limits::kDeliverByMaxMs},
        {.key = "batch",
         .help = "In batches of so many, or so many percent: the next begins when all of one have ended.",
         .value_name = "N|N%",
         .group = "When"},
        {.key = "pause",
         .kind = Kind::duration,
         .help = "Wait so long between batches.",
         .group = "When",
         .min = 0,
         .max = limits::kRolloutPauseMaxMs},
        {.key = "stop_at_failures",
         .help = "Stop before the next batch when so many, or so many percent, did not end as ok.",
         .value_name = "N|N%",
         .group = "When"},
        {.key = "stop_when",
         .help =
             "Stop before the next batch when one of those begun is so, such as state=offline or temp>80.",
         .value_name = "EXPRESSION",
         .group = "When"}};
}

constexpr std::string_view kDetails =
    "Options stand before the command; what follows the command belongs to it.\n\n"
    "Whom --to means, joined by , (or) & (and) ! (but not) from left to right, and ( ):\n"
    "  pi-1  pi-[1-40,50]  pi-*  /^cam/      names, ranges, globs, regular expressions\n"
    "  role=camera  site!=lab                 tags of the agent\n"
    "  state=online  model~zero  temp>70  version=0.1.*  address=10.0.*\n"
    "  throttled=*under_voltage*  command=lslogs\n"
    "  @garden                                a group: a line `garden = pi-[1-4],cam-2` in\n"
    "                                         ~/.config/pncp/groups or /etc/pncp/groups\n"
    "A name that nobody bears is an error.\n\n"
    "Examples:\n"
    "  pncp-cli send --all lslogs\n"
    "  pncp-cli send --to pi-1,pi-2 --timeout 10s uptime\n"
    "  pncp-cli send --to 'role=camera&temp>70' -x cam-3 metrics\n"
    "  pncp-cli send --all --dry-run metrics\n"
    "  pncp-cli send --all -b uptime\n"
    "  pncp-cli send --all --batch 10% --pause 30s --stop-at-failures 2 metrics\n"
    "  pncp-cli send --all --deliver-by 24h --detach metrics\n"
    "  pncp-cli send --all -o json metrics\n\n"
    "Every agent ends as one of ok, failed, timeout, refused, denied, offline, interrupted,\n"
    "cancelled or unknown, and the last line's counts add up. Ctrl-C leaves the job running\n"
    "and prints its id, with which `pncp-cli job ID` comes back to it.";

/// Whether `send` has an option that is written so.
bool is_option(std::string_view word) {
    const Verb verb = send_verb();
    return std::any_of(verb.settings.begin(), verb.settings.end(), [&](const Setting& each) {
        const bool letter = word.size() == 2 && word[0] == '-' && word[1] == each.letter;
        return letter || word.substr(0, word.find('=')) == "--" + flag_name(each);
    });
}

std::variant<std::string, Failure> target_of(const Call& call) {
    const Settings& settings = call.settings;
    const bool all = settings.flag("all");
    if (all && settings.is_set("to")) return usage("--all and --to exclude each other");
    if (!all && !settings.is_set("to")) {
        const std::string late = option_after_command(call);
        if (late.empty()) return usage("to whom? Give --all, or --to with names");
        return usage(late + " stands after the command; options stand before it: pncp-cli send " +
                     (late.starts_with("--to") ? "--to NAMES " : "--all ") +
                     escape_controls(call.words.front()));
    }
    std::string target = all ? "*" : joined_targets(settings.list("to"));
    if (target.empty()) return Failure{ExitCode::no_target, {"--to names nobody", "see: pncp-cli agents"}};
    if (const std::string& out = settings.text("exclude"); !out.empty())
        target = "(" + target + ")!(" + out + ")";
    auto filled = target_text(call.world, target);
    if (const auto* text = std::get_if<std::string>(&filled);
        text != nullptr && text->size() > limits::kRequestTextBytes) {
        return usage("--to has more than " + std::to_string(limits::kRequestTextBytes) +
                     " characters; send to fewer at a time, or to --all");
    }
    return filled;
}

/// The share that the setting `key` gives; none when it is not set.
std::variant<Share, Failure> share_of(const Settings& settings, const std::string& key) {
    const std::string& text = settings.text(key);
    if (text.empty()) return Share{};
    if (const auto share = parse_share(text)) return *share;
    std::string flag = key;
    for (char& letter : flag)
        if (letter == '_') letter = '-';
    return usage("--" + flag + " " + escape_controls(text) +
                 " is neither a number such as 5 nor a share such as 20%");
}

std::variant<std::optional<Rollout>, Failure> rollout_of(const Call& call) {
    const Settings& settings = call.settings;
    if (!settings.is_set("batch")) {
        for (const char* key : {"pause", "stop_at_failures", "stop_when"})
            if (settings.is_set(key))
                return usage(settings.where(key) + " goes with --batch: nothing waits without");
        return std::nullopt;
    }
    const auto batch = share_of(settings, "batch");
    if (const auto* failure = std::get_if<Failure>(&batch)) return *failure;
    const auto stop = share_of(settings, "stop_at_failures");
    if (const auto* failure = std::get_if<Failure>(&stop)) return *failure;
    auto when = target_text(call.world, settings.text("stop_when"));
    if (auto* failure = std::get_if<Failure>(&when)) return std::move(*failure);
    Rollout rollout;
    rollout.batch = std::get<Share>(batch).count;
    rollout.batch_percent = std::get<Share>(batch).percent;
    if (rollout.batch == 0) return usage("--batch is empty; give a number such as 5 or a share such as 20%");
    rollout.pause_ms = settings.duration_ms("pause");
    rollout.stop_failures = std::get<Share>(stop).count;
    rollout.stop_failures_percent = std::get<Share>(stop).percent;
    rollout.stop_when = std::move(std::get<std::string>(when));
    return std::optional(std::move(rollout));
}

/// The broker takes so much text in all; each part by itself was looked at before.
std::optional<Failure> check_size(const SendRequest& request) {
    std::size_t bytes = request.target.size();
    if (request.rollout) bytes += request.rollout->stop_when.size();
    for (const std::string& argument : request.arguments) bytes += argument.size();
    if (bytes <= limits::kRequestTextBytes) return std::nullopt;
    return usage("the arguments and --to have more than " + std::to_string(limits::kRequestTextBytes) +
                 " bytes together");
}

/// --limit and its seed, into the request.
std::optional<Failure> add_limit(const Call& call, SendRequest& request) {
    const auto share = share_of(call.settings, "limit");
    if (const auto* failure = std::get_if<Failure>(&share)) return *failure;
    request.limit = std::get<Share>(share).count;
    request.limit_percent = std::get<Share>(share).percent;
    const bool given = call.settings.is_set("seed");
    if (request.limit == 0) {
        if (given) return usage("--seed goes with --limit: nothing is drawn without");
        return std::nullopt;
    }
    if (given) {
        request.seed = static_cast<std::uint64_t>(call.settings.integer("seed"));
        return std::nullopt;
    }
    // Three bytes are easily typed again, and enough lots.
    std::array<std::uint8_t, 3> drawn{};
    call.world.random_bytes(drawn);
    for (const std::uint8_t byte : drawn) request.seed = request.seed << 8U | byte;
    return std::nullopt;
}

std::optional<Failure> check_words(const std::vector<std::string>& words) {
    if (words.empty()) return usage("which command? See: pncp-cli commands");
    if (words.size() - 1 > limits::kCommandArguments)
        return usage("a command takes at most " + std::to_string(limits::kCommandArguments) + " arguments");
    if (!valid_command_name(words.front()))
        return usage("'" + escape_controls(words.front().substr(0, 64)) +
                     "' is no command's name; see: pncp-cli commands");
    for (const std::string& word : words) {
        if (word.size() > limits::kArgumentBytes)
            return usage("an argument has at most " + std::to_string(limits::kArgumentBytes) + " bytes");
    }
    return std::nullopt;
}

OfflineTargets offline_of(const std::string& text) {
    if (text == "skip") return OfflineTargets::skip;
    return text == "fail" ? OfflineTargets::fail : OfflineTargets::include;
}

}  // namespace

std::string option_after_command(const Call& call) {
    for (std::size_t i = 1; i < call.words.size(); ++i)
        if (is_option(call.words[i])) return escape_controls(call.words[i]);
    return {};
}

std::vector<Setting> sending_settings() {
    std::vector<Setting> settings = report_settings();
    settings.push_back({.key = "detach",
                        .kind = Kind::flag,
                        .help = "Print the job's id and leave; `pncp-cli job ID` comes back to it.",
                        .group = "Results"});
    return settings;
}

Verb send_verb() {
    std::vector<Setting> settings = whom_settings();
    for (auto& more : {when_settings(), sending_settings()})
        settings.insert(settings.end(), more.begin(), more.end());
    return {.name = "send",
            .purpose = "Run a command on agents and show what happened on each",
            .usage = "--all | --to EXPRESSION [-x EXPRESSION] COMMAND [ARG...]",
            .settings = std::move(settings),
            .stop_at_positional = true,
            .details = std::string(kDetails)};
}

std::variant<SendRequest, Failure> send_request(const Call& call) {
    auto target = target_of(call);
    if (auto* failure = std::get_if<Failure>(&target)) return std::move(*failure);
    if (auto failure = check_words(call.words)) return std::move(*failure);
    auto rollout = rollout_of(call);
    if (auto* failure = std::get_if<Failure>(&rollout)) return std::move(*failure);
    SendRequest request;
    request.target = std::move(std::get<std::string>(target));
    request.name = call.words.front();
    request.arguments.assign(call.words.begin() + 1, call.words.end());
    request.timeout_ms = call.settings.duration_ms("timeout");
    request.offline = offline_of(call.settings.text("offline"));
    request.deliver_by_ms = call.settings.duration_ms("deliver_by");
    request.rollout = std::move(std::get<0>(rollout));
    if (auto failure = check_size(request)) return std::move(*failure);
    if (auto failure = add_limit(call, request)) return std::move(*failure);
    return request;
}

}  // namespace pncp::cli
