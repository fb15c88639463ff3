#include "cli/log_verb.hpp"

#include "broker/log_writer/log_set.hpp"
#include "cli/log_place.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {

Verb log_verb() {
    Verb verb;
    verb.name = "log";
    verb.purpose = "Read, check or replay pncp_log.txt and its old files";
    verb.usage = "show [FILE...] | verify [FILE...] | replay FILE... --to URL|--feed SOCKET";
    verb.settings = {
        {.key = "agent", .kind = Kind::list, .help = "show: only of these agents.", .value_name = "NAME,..."},
        {.key = "type",
         .kind = Kind::list,
         .help = "show: only of these types, such as RESULT,GAP.",
         .value_name = "TYPE,..."},
        {.key = "since",
         .help = "show: only what happened in the last 10m, 2h, 1d …, or since 2026-01-31T12:00 (UTC).",
         .value_name = "TIME"},
        {.key = "follow",
         .kind = Kind::flag,
         .help = "show: wait for more, also in the next files.",
         .letter = 'f'},
        {.key = "offline", .kind = Kind::flag, .help = "verify: the chain only, without the broker."},
        {.key = "partial",
         .kind = Kind::flag,
         .help = "verify: newer files of the log exist, so that a missing end is no fault."},
        {.key = "to",
         .help = "replay: into this InfluxDB, such as http://127.0.0.1:8086/pncp.",
         .value_name = "URL"},
        {.key = "feed",
         .help = "replay: to subscribers at this Unix socket (a path; no tcp://).",
         .value_name = "SOCKET"},
        {.key = "rate",
         .kind = Kind::integer,
         .default_text = "1000",
         .help = "replay --feed: events a second.",
         .min = 1,
         .max = 1'000'000},
        {.key = "output",
         .default_text = "text",
         .help = "For people, or as JSON: show then passes the lines through, verify gives one document.",
         .choices = {"text", "json"},
         .letter = 'o'}};
    verb.details =
        "  show    One line a message.\n"
        "  verify  Finds every edit, removal, insertion and reorder before the last anchor that the\n"
        "          broker confirms, and names file and line. Old files are read compressed or not.\n"
        "  replay  Sends what was recorded again: metrics, status and outputs into an InfluxDB (the\n"
        "          same points, so twice is once), or every event to subscribers. User, password or\n"
        "          token of the store: PNCP_INFLUX_USER, PNCP_INFLUX_PASSWORD, PNCP_INFLUX_TOKEN.\n"
        "          Frames on SOCKET are tagged with a key of 32 zero bytes, and carry the numbers\n"
        "          that they had. For this machine alone: SOCKET is a path, and takes no tcp://.\n"
        "          Jobs, commands and status requests are shown to subscribers, never run again;\n"
        "          there is no FETCH, so a subscriber that is too slow misses events; and lines\n"
        "          that another version of PNCP wrote and this one can't read are passed over.\n\n"
        "Without FILE show and verify take the log of this machine's log writer, with its old files,\n"
        "from where the writer's settings say (log-writer.toml, PNCP_LOG_FILE), and say which that is.\n\n"
        "Exit codes of verify: 0 the log is as it was written (with --offline: its chain is whole);\n"
        "8 it was altered; 7 its chain is whole, but the broker could not be asked about the anchors;\n"
        "69 a file can't be read. replay passes altered lines over, and exits 8 then.\n\n"
        "Examples:\n"
        "  pncp-cli log show --agent pi-1 --type RESULT,STATUS --since 2h\n"
        "  pncp-cli log show --follow -o json\n"
        "  pncp-cli log verify\n"
        "  pncp-cli log verify --offline backup/pncp_log.txt*\n"
        "  pncp-cli log replay pncp_log.txt.000001.gz --to http://127.0.0.1:8086/copy";
    return verb;
}

Result<std::string> live_log(const Call& call) {
    auto place = log_place(call.settings, call.world.place, Surroundings::here());
    if (!place.ok()) return place.error();
    call.world.console.err("pncp-cli: the log is " + escape_controls(place->path) + " (" +
                           escape_controls(place->why) + ")\n");
    return place->path;
}

std::variant<std::vector<std::string>, ExitCode> log_files(const Call& call,
                                                           const std::vector<std::string>& files) {
    if (!files.empty()) return log_writer::in_order(files);
    const auto live = live_log(call);
    if (!live.ok()) return report(call, ExitCode::configuration, live.error());
    auto found = log_writer::files_of_log(*live);
    if (!found.ok()) return report(call, ExitCode::unavailable, found.error());
    return std::move(*found);
}

ExitCode run_log(const Call& call) {
    if (call.words.empty()) return usage_error(call, "log", "say what: show, verify or replay");
    const std::string& what = call.words.front();
    const std::vector<std::string> files(call.words.begin() + 1, call.words.end());
    if (what == "show") return run_log_show(call, files);
    if (what == "verify") return run_log_verify(call, files);
    if (what == "replay") return run_log_replay(call, files);
    const std::vector<std::string> tasks{"show", "verify", "replay"};
    return usage_error(
        call, "log",
        "\"" + escape_controls(what) + "\" is none of " + joined(tasks) + did_you_mean(what, tasks));
}

ExitCode run_log_replay(const Call& call, const std::vector<std::string>& files) {
    const std::string& url = call.settings.text("to");
    const std::string& endpoint = call.settings.text("feed");
    if (url.empty() == endpoint.empty())
        return usage_error(call, "log", "replay needs one of --to URL and --feed SOCKET");
    if (files.empty()) return usage_error(call, "log", "replay needs the files to replay");
    const auto ordered = log_writer::in_order(files);
    return url.empty() ? replay_to_feed(call, ordered, endpoint) : replay_to_store(call, ordered, url);
}

}  // namespace pncp::cli
