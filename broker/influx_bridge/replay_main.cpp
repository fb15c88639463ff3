// pncp-log-replay: what `pncp-cli log replay --to` starts. A program of its own, since pncp-cli has no
// libcurl.
#include <exception>
#include <limits>

#include "broker/influx_bridge/replay.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/log.hpp"
#include "schema/program/main_frame.hpp"

namespace {

using namespace pncp;
using namespace pncp::influx;

Program replay_program() {
    Program program;
    program.name = "pncp-log-replay";
    program.purpose = "Writes what a pncp_log.txt recorded into an InfluxDB again.";
    program.usage = "--to URL FILE...";
    program.max_positionals = std::numeric_limits<std::size_t>::max();
    program.settings = {
        {.key = "to",
         .help = "The store, such as http://127.0.0.1:8086/pncp.",
         .value_name = "URL",
         .group = "InfluxDB"},
        {.key = "influx.ca_file",
         .help = "Certificates to trust with https. Default: the system's.",
         .group = "InfluxDB"},
        {.key = "influx.create_database",
         .kind = Kind::flag,
         .default_text = "true",
         .help = "Create the database when it is missing.",
         .group = "InfluxDB"},
        {.key = "influx.retention_policy", .help = "Empty: the database's default.", .group = "InfluxDB"},
        {.key = "influx.user", .help = "User, if the store asks for one.", .group = "InfluxDB"},
        {.key = "influx.password", .help = "Its password.", .group = "InfluxDB", .secret = true},
        {.key = "influx.token",
         .help = "Token, instead of user and password.",
         .group = "InfluxDB",
         .secret = true},
        {.key = "influx.string_fields",
         .kind = Kind::flag,
         .default_text = "true",
         .help = "Write texts too. false for VictoriaMetrics, which stores numbers only.",
         .group = "InfluxDB"}};
    // What the bridge's environment may hold beside these.
    program.other_variables = {"PNCP_INFLUX_HOST",        "PNCP_INFLUX_PORT",     "PNCP_INFLUX_TLS",
                               "PNCP_INFLUX_DATABASE",    "PNCP_INFLUX_TIMEOUT",  "PNCP_INFLUX_GZIP",
                               "PNCP_INFLUX_BATCH_LINES", "PNCP_INFLUX_BATCH_AGE"};
    program.exit_codes = {ExitCode::ok,           ExitCode::internal,    ExitCode::usage,
                          ExitCode::some_failed,  ExitCode::log_altered, ExitCode::unavailable,
                          ExitCode::configuration};
    program.more = "pncp-cli log --help";
    return program;
}

PipelineOptions pipeline_options(const Settings& settings, const HttpOptions& http) {
    PipelineOptions options;
    options.string_fields = settings.flag("influx.string_fields");
    options.delivery.store = "InfluxDB at " + store_address(http);
    options.delivery.database = http.database;
    options.delivery.retention_policy = http.retention_policy;
    options.delivery.create_database = settings.flag("influx.create_database");
    ByteArray<8> seed{};
    random_bytes(seed);
    options.delivery.seed = load_be<std::uint64_t>(seed.data());
    return options;
}

int run(const Settings& settings, const std::vector<std::string>& files) {
    auto http = parse_store_url(settings.text("to"));
    if (!http.ok()) return fail(http.error(), ExitCode::usage);
    if (files.empty()) return fail({"no file to replay", "name them after the options"}, ExitCode::usage);
    http->retention_policy = settings.text("influx.retention_policy");
    http->user = settings.text("influx.user");
    http->password = settings.text("influx.password");
    http->token = settings.text("influx.token");
    http->ca_file = settings.text("influx.ca_file");
    auto signals = Signals::open();
    if (!signals.ok()) return fail(signals.error(), ExitCode::unavailable);
    Replay replay(*http, pipeline_options(settings, *http), *signals);
    const Status done = replay.run(files);
    const ReplayFigures figures = replay.figures();
    log::info(log::cat(figures.events, " events read, ", figures.stored, " points stored, ", figures.refused,
                       " refused, ", figures.gaps, " declared gaps and ", figures.altered,
                       " altered lines passed over"));
    if (!done.ok()) return fail(done.error(), ExitCode::unavailable);
    if (figures.altered > 0) return number(ExitCode::log_altered);
    return number(figures.refused > 0 ? ExitCode::some_failed : ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) {
    // Not run_program(): the files are words, not settings.
    log::open("pncp-log-replay");
    try {
        const Loaded loaded = load_settings(replay_program(), argc, argv);
        if (loaded.finished) return finish(loaded);
        for (const std::string& warning : loaded.warnings) log::warning(warning);
        return run(loaded.settings, loaded.positionals);
    } catch (const std::exception& error) {
        log::error(log::cat("internal error, please report it: ", error.what()));
        return number(ExitCode::internal);
    }
}
