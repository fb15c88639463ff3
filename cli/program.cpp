#include "cli/program.hpp"

#include <array>

#include "cli/log_verb.hpp"
#include "schema/limits.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/help.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

std::vector<Setting> program_settings() {
    return {
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

Verb send_verb() {
    return {.name = "send",
            .purpose = "Run a command on agents and show what happened on each",
            .usage = "--all | --to EXPRESSION [-x EXPRESSION] COMMAND [ARG...]",
            .settings =
                {{.key = "all", .kind = Kind::flag, .help = "To every agent that the broker knows."},
                 {.key = "to",
                  .kind = Kind::list,
                  .help = "To these agents: names, ranges, globs, /regex/, tags and facts, joined by , & !",
                  .value_name = "EXPRESSION"},
                 {.key = "exclude",
                  .help = "But not to these: an expression as for --to.",
                  .value_name = "EXPRESSION",
                  .letter = 'x'},
                 {.key = "timeout",
                  .kind = Kind::duration,
                  .help = "How long the command may run, such as 30s. By default the broker decides (30s).",
                  .min = 1,
                  .max = limits::kCommandTimeoutMaxMs},
                 output_setting("text")},
            .stop_at_positional = true,
            .details =
                "Options stand before the command; what follows the command belongs to it.\n\n"
                "Whom --to means, joined by , (or) & (and) ! (but not) from left to right, and ( ):\n"
                "  pi-1  pi-[1-40,50]  pi-*  /^cam/      names, ranges, globs, regular expressions\n"
                "  role=camera  site!=lab                 tags of the agent\n"
                "  state=online  model~zero  temp>70  version=0.1.*  address=10.0.*\n"
                "A name that nobody bears is an error.\n\n"
                "Examples:\n"
                "  pncp-cli send --all lslogs -l\n"
                "  pncp-cli send --to pi-1,pi-2 --timeout 10s uptime\n"
                "  pncp-cli send --to 'role=camera&temp>70' -x cam-3 metrics\n"
                "  pncp-cli send --all -o json metrics\n\n"
                "Every agent ends as one of ok, failed, timeout, refused, denied, offline, interrupted,\n"
                "cancelled or unknown, and the last line's counts add up. Ctrl-C leaves the job running\n"
                "and prints its id, with which `pncp-cli job ID` comes back to it."};
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
            {.name = "job",
             .purpose = "Come back to a job and follow it to its end",
             .usage = "ID",
             .settings = {output_setting("text")},
             .max_positionals = 1,
             .details = "Example:\n  pncp-cli job 0123456789abcdef0123456789abcdef"},
            {.name = "agents",
             .purpose = "List the agents: state, last seen, version, clock",
             .settings = {output_setting("table")},
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli agents -o json"},
            {.name = "commands",
             .purpose = "List the commands that agents offer",
             .settings = {output_setting("table")},
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli commands"},
            {.name = "status",
             .purpose = "Show the broker's own numbers",
             .settings = {output_setting("table")},
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli status"},
            key_verb(),
            log_verb(),
            {.name = "reload",
             .purpose = "Have the broker read its rights and its list of peers again",
             .max_positionals = 0,
             .details = "Example:\n  pncp-cli reload"},
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
constexpr std::array kRunners{
    Runner{"send", run_send},         Runner{"job", run_job},       Runner{"agents", run_agents},
    Runner{"commands", run_commands}, Runner{"status", run_status}, Runner{"key", run_key},
    Runner{"reload", run_reload},     Runner{"log", run_log},       Runner{"help", run_help}};

}  // namespace

const Program& cli_program() {
    static const Program program{
        .name = "pncp-cli",
        .purpose = "Sends commands to a fleet of devices and says what happened to each.",
        .file = "cli",
        .settings = program_settings(),
        .verbs = program_verbs(),
        .other_variables = {"PNCP_SECRET"},
        .exit_codes = {ExitCode::ok, ExitCode::internal, ExitCode::usage, ExitCode::some_failed,
                       ExitCode::some_unanswered, ExitCode::no_target, ExitCode::denied,
                       ExitCode::broker_unreachable, ExitCode::log_altered, ExitCode::unavailable,
                       ExitCode::configuration, ExitCode::interrupted},
        .more = "README.md"};
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
    const Loaded loaded = load_settings(cli_program(), argc, argv, surroundings);
    ExitCode code = ExitCode::internal;
    if (loaded.finished) {
        world.console.out(loaded.out);
        world.console.err(loaded.err);
        code = *loaded.finished;
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
