#include "cli/program.hpp"

#include <algorithm>
#include <array>

#include "cli/agent.hpp"
#include "cli/agents.hpp"
#include "cli/alerts.hpp"
#include "cli/cheat.hpp"
#include "cli/commands.hpp"
#include "cli/completion_verb.hpp"
#include "cli/context_verb.hpp"
#include "cli/contexts.hpp"
#include "cli/doctor.hpp"
#include "cli/enroll.hpp"
#include "cli/history.hpp"
#include "cli/job.hpp"
#include "cli/log_verb.hpp"
#include "cli/send.hpp"
#include "cli/top.hpp"
#include "cli/watch.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/help.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

std::vector<Setting> program_settings() {
    return {
        {.key = "context",
         .help = "Which of several brokers: a name from `pncp-cli context`. local: the one on this machine.",
         .value_name = "NAME",
         .group = "Broker"},
        {.key = "key_file",
         .help = "The key file of the operator to be. By default the one that a broker on this machine "
                 "writes for "
                 "local use: operator-local.key in its run folder.",
         .value_name = "FILE",
         .group = "Broker"},
        {.key = "broker.control",
         .help = "Where the broker listens. By default its Unix socket here; with --key-file, what that file "
                 "says.",
         .value_name = "ENDPOINT",
         .group = "Broker"},
        {.key = "broker.timeout",
         .kind = Kind::duration,
         .default_text = "5s",
         .help = "How long to wait for the broker's answer.",
         .group = "Broker",
         .min = 100,
         .max = 600'000},
        {.key = "run_dir",
         .help = "The run folder of the broker here. By default /run/pncp, or the user's own.",
         .value_name = "FOLDER",
         .group = "Broker"},
        {.key = "state_dir",
         .help = "The state folder of the broker here, where `key init` puts the secret. By default "
                 "/var/lib/pncp, or ~/.local/state/pncp when not root.",
         .value_name = "FOLDER",
         .group = "Broker"},
        {.key = "secret_file",
         .help = "Where `key init` puts the master secret. By default secret in state_dir.",
         .value_name = "FILE",
         .group = "Broker"},
        {.key = "color",
         .default_text = "auto",
         .help = "Colours. auto: on a terminal, unless NO_COLOR is set.",
         .group = "Output",
         .choices = {"auto", "always", "never"}},
    };
}

Setting output_setting(std::string human) {
    std::vector<std::string> choices{human, "json", "jsonl"};
    return {.key = "output",
            .default_text = std::move(human),
            .help = "For people, as one JSON document, or as one JSON object a line.",
            .choices = std::move(choices),
            .letter = 'o'};
}

Verb key_verb() {
    return {
        .name = "key",
        .purpose = "Make, issue, show, list, rotate and revoke keys",
        .usage = "init | issue ID | show FILE | list | rotate ID | revoke ID",
        .settings = {{.key = "out",
                      .help = "The file to write; never overwritten. ID.key by default, but for rotate of an "
                              "agent, which gets its key over the wire.",
                      .value_name = "FILE"},
                     {.key = "role",
                      .default_text = "agent",
                      .help = "What the key is for (issue, rotate, revoke).",
                      .choices = {"agent", "operator", "subscriber"}},
                     output_setting("table")},
        .max_positionals = 2,
        .details =
            "  init       Make the broker's master secret, once.\n"
            "  issue ID   Have the broker add a peer, and write its key file.\n"
            "  show FILE  What a key file says, but never the key.\n"
            "  list       Every peer that has a key, and whether it is connected.\n"
            "  rotate ID  Give a peer its next key; the former stays good until it came over.\n"
            "  revoke ID  Shut a peer out, at once.\n\n"
            "Examples:\n"
            "  pncp-cli key init\n"
            "  pncp-cli key issue pi-1 --out pi-1.key\n"
            "  pncp-cli key issue anna --role operator\n"
            "  pncp-cli key show pi-1.key"};
}

std::vector<Verb> program_verbs() {
    return {send_verb(),
            job_verb(),
            jobs_verb(),
            cancel_verb(),
            retry_verb(),
            agents_verb(),
            agent_verb(),
            history_verb(),
            top_verb(),
            watch_verb(),
            alerts_verb(),
            commands_verb(),
            {.name = "status",
             .purpose = "Show the broker's own numbers",
             .settings = {output_setting("table")},
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli status"},
            enroll_verb(),
            key_verb(),
            log_verb(),
            doctor_verb(),
            context_verb(),
            {.name = "reload",
             .purpose = "Have the broker read its rights, its alerts and its list of peers again",
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli reload"},
            cheat_verb(),
            completion_verb(),
            {.name = "help",
             .purpose = "Show the help of a command",
             .usage = "[COMMAND]",
             .max_positionals = 1,
             .details = "Example:\n  pncp-cli help send"}};
}

struct Runner {
    std::string_view verb;
    ExitCode (*run)(const Call&);
};
constexpr std::array kRunners{Runner{"send", run_send},         Runner{"job", run_job},
                              Runner{"jobs", run_jobs},         Runner{"cancel", run_cancel},
                              Runner{"retry", run_retry},       Runner{"agents", run_agents},
                              Runner{"commands", run_commands}, Runner{"agent", run_agent},
                              Runner{"history", run_history},   Runner{"top", run_top},
                              Runner{"watch", run_watch},       Runner{"alerts", run_alerts},
                              Runner{"status", run_status},     Runner{"key", run_key},
                              Runner{"reload", run_reload},     Runner{"log", run_log},
                              Runner{"help", run_help},         Runner{"doctor", run_doctor},
                              Runner{"context", run_context},   Runner{"enroll", run_enroll},
                              Runner{"cheat", run_cheat},       Runner{"completion", run_completion}};

/// Verbs that work however the contexts are: some read them themselves.
bool takes_a_context(std::string_view verb) {
    constexpr std::array<std::string_view, 4> kNone{"help", "cheat", "context", "completion"};
    return std::find(kNone.begin(), kNone.end(), verb) == kNone.end();
}

}  // namespace

const Program& cli_program() {
    static const Program program{
        .name = "pncp-cli",
        .purpose = "Sends commands to a fleet of devices and says what happened to each.",
        .file = "cli",
        .settings = program_settings(),
        .verbs = program_verbs(),
        .no_verb = "to run it on devices: pncp-cli send --all ",
        .other_variables = {"PNCP_SECRET", "PNCP_LOG_FILE"},
        .exit_codes = {ExitCode::ok, ExitCode::internal, ExitCode::usage, ExitCode::some_failed,
                       ExitCode::some_unanswered, ExitCode::no_target, ExitCode::denied,
                       ExitCode::broker_unreachable, ExitCode::log_altered, ExitCode::unavailable,
                       ExitCode::configuration, ExitCode::interrupted},
        .more =
            "pncp-broker(8), pncp-agent(8), pncp.toml(5), pncp-protocol(7); `pncp-cli cheat` has lines to "
            "copy",
        .section = 1,
        .about =
            {"On the broker's machine nothing has to be set up: it uses the Unix socket and the key that the "
             "broker makes for members of the group pncp. From elsewhere it needs an operator's key file; "
             "`context` gives it a name."},
        .files = {{"/etc/pncp/cli.toml", "Settings; see pncp.toml(5)."},
                  {"~/.config/pncp/groups, /etc/pncp/groups", "Groups of agents: lines `name = expression`."},
                  {"~/.config/pncp/contexts.toml", "Brokers by name; written by `pncp-cli context`."},
                  {"~/.cache/pncp", "Names for completion, from earlier runs. It may be deleted."}}};
    return program;
}

ExitCode run_help(const Call& call) {
    const Verb* verb = nullptr;
    if (!call.words.empty()) {
        std::vector<std::string> names;
        for (const Verb& each : cli_program().verbs) {
            names.push_back(each.name);
            if (each.name == call.words.front()) verb = &each;
        }
        if (verb == nullptr) {
            const std::string& word = call.words.front();
            return usage_error(call, "help",
                               "unknown command " + escape_controls(word) + did_you_mean(word, names));
        }
    }
    call.world.console.out(help_text(cli_program(), verb));
    return ExitCode::ok;
}

ExitCode run(int argc, const char* const* argv, World& world, const Surroundings& surroundings) {
    Loaded loaded = load_settings(cli_program(), argc, argv, surroundings);
    ExitCode code = ExitCode::internal;
    if (loaded.finished) {
        world.console.out(loaded.out);
        world.console.err(loaded.err);
        code = *loaded.finished;
    } else if (const Status chosen = takes_a_context(loaded.verb)
                                         ? apply_context(loaded.settings, world.config_home)
                                         : Status(Done{});
               !chosen) {
        world.console.err("pncp-cli: " + chosen.error().text() + "\n");
        code = ExitCode::configuration;
    } else {
        const Call call{world, loaded.settings, loaded.positionals};
        for (const Runner& each : kRunners) {
            if (each.verb == loaded.verb) code = each.run(call);
        }
    }
    if (world.console.failed() && code != ExitCode::interrupted) {
        world.console.err("pncp-cli: the answer could not be written to standard output\n");
        return ExitCode::unavailable;
    }
    return code;
}

}  // namespace pncp::cli
