#include "broker/influx_bridge/bridge_config.hpp"

#include <utility>

#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"
#include "schema/program/run_dir.hpp"

namespace pncp::influx {

namespace {

struct Table {
    Program& program;
    std::string group;

    Setting& add(std::string key, Kind kind, std::string value, std::string help) {
        Setting setting;
        setting.key = std::move(key);
        setting.kind = kind;
        setting.default_text = std::move(value);
        setting.help = std::move(help);
        setting.group = group;
        program.settings.push_back(std::move(setting));
        return program.settings.back();
    }
};

void add_store(Program& program) {
    Table table{program, "InfluxDB"};
    table.add("influx.host", Kind::text, "127.0.0.1", "Name or address of the store.");
    Setting& port = table.add("influx.port", Kind::integer, "8086", "Its HTTP port.");
    port.min = 1;
    port.max = 65'535;
    table.add("influx.tls", Kind::flag, "false", "Speak HTTPS.");
    table.add("influx.ca_file", Kind::text, "",
              "Certificates to trust with influx.tls. Default: the system's.");
    table.add("influx.tls_verify", Kind::flag, "true",
              "Check the server's certificate. false: whoever is on the way can read and change everything.");
    table.add("influx.database", Kind::text, "pncp", "Where points are stored.");
    table.add("influx.create_database", Kind::flag, "true", "Create the database when it is missing.");
    table.add("influx.retention_policy", Kind::text, "", "Empty: the database's default.");
    table.add("influx.user", Kind::text, "", "User, if the store asks for one.");
    table.add("influx.password", Kind::text, "", "Its password.").secret = true;
    table.add("influx.token", Kind::text, "", "Token, instead of user and password.").secret = true;
    table.add("influx.timeout", Kind::duration, "30s", "Longest wait for an answer.").min = 1'000;
    table
        .add("influx.gzip", Kind::text, "auto",
             "Compress what is sent: a quarter of the bytes for twice the CPU. auto: unless the store is on "
             "this machine.")
        .choices = {"auto", "always", "never"};
    table.add("influx.string_fields", Kind::flag, "true",
              "Write texts (outputs, status). false for VictoriaMetrics, which stores numbers only.");
    table.add("influx.agent_tags", Kind::flag, "true",
              "Add the tags of each agent's configuration to its points.");
    Setting& lines = table.add("influx.batch_lines", Kind::integer, "5000", "Most points in one request.");
    lines.min = 1;
    lines.max = 100'000;
    Setting& age = table.add("influx.batch_age", Kind::duration, "500ms", "Longest wait for more points.");
    age.min = 0;
    age.max = 60'000;
}

void add_places(Program& program) {
    Table table{program, "Broker"};
    table.add("key_file", Kind::text, "", "Key of this subscriber. Default: influx-bridge.key in run_dir.");
    table.add("broker.control", Kind::text, "", "Where the broker answers. Default: what the key file says.");
    table.add("broker.feed", Kind::text, "", "Where the broker publishes. Default: what the key file says.");
    table.group = "Files";
    table.add("run_dir", Kind::text, "",
              "Where the broker puts local keys. Default: /run/pncp, or a private folder.");
    table.add("state_dir", Kind::text, "", "Default: /var/lib/pncp, or ~/.local/state/pncp when not root.");
    table.add("bridge.cursor_file", Kind::text, "",
              "How far is stored. Default: influx-bridge.cursor in state_dir.");
    table.add("bridge.dead_letter_file", Kind::text, "",
              "Points that the store refused, with the reason. Default: influx-bridge.dead in state_dir.");
    table.add("bridge.tags_file", Kind::text, "",
              "Agents' tags as of the cursor. Default: influx-bridge.tags in state_dir.");
}

Status check(const Settings& settings) {
    if (settings.text("influx.database").empty())
        return Error{settings.where("influx.database") + ": influx.database is empty",
                     "name a database, such as pncp"};
    if (settings.text("influx.host").empty())
        return Error{settings.where("influx.host") + ": influx.host is empty", "name the store's host"};
    if (!settings.text("influx.token").empty() && !settings.text("influx.user").empty())
        return Error{settings.where("influx.token") + ": influx.token and influx.user exclude each other",
                     "give one of them"};
    if (!settings.text("influx.ca_file").empty() && !settings.flag("influx.tls"))
        return Error{settings.where("influx.ca_file") + ": influx.ca_file has no effect without influx.tls",
                     "set influx.tls = true"};
    if (!settings.flag("influx.tls_verify") &&
        (!settings.flag("influx.tls") || !settings.text("influx.ca_file").empty()))
        return Error{settings.where("influx.tls_verify") +
                         ": influx.tls_verify = false needs influx.tls = true and no influx.ca_file",
                     "leave influx.tls_verify out to have the certificate checked"};
    return Done{};
}

/// The setting, or `name` in the folder.
std::string file_or(const Settings& settings, std::string_view key, const std::string& folder,
                    std::string_view name) {
    const std::string& given = settings.text(key);
    return given.empty() ? folder + "/" + std::string(name) : given;
}

Result<std::string> state_folder(const Settings& settings) {
    const std::string& given = settings.text("state_dir");
    if (given.empty()) return prepare_state_dir(Place::here());
    if (const Status made = make_folder(given, 0700); !made) return made.error();
    return given;
}

bool is_local(std::string_view host) {
    return host.starts_with("127.") || host == "localhost" || host == "::1" || host == "[::1]";
}

HttpOptions http_options(const Settings& settings) {
    HttpOptions http;
    http.host = settings.text("influx.host");
    http.port = static_cast<std::uint16_t>(settings.integer("influx.port"));
    http.tls = settings.flag("influx.tls");
    http.ca_file = settings.text("influx.ca_file");
    http.tls_verify = settings.flag("influx.tls_verify");
    http.database = settings.text("influx.database");
    http.retention_policy = settings.text("influx.retention_policy");
    http.user = settings.text("influx.user");
    http.password = settings.text("influx.password");
    http.token = settings.text("influx.token");
    const std::string& gzip = settings.text("influx.gzip");
    http.gzip = gzip == "always" || (gzip == "auto" && !is_local(http.host));
    http.total_timeout_ms = settings.duration_ms("influx.timeout");
    return http;
}

PipelineOptions pipeline_options(const Settings& settings, const HttpOptions& http) {
    PipelineOptions options;
    options.string_fields = settings.flag("influx.string_fields");
    options.agent_tags = settings.flag("influx.agent_tags");
    options.batch.lines = static_cast<std::size_t>(settings.integer("influx.batch_lines"));
    options.batch.age_ms = settings.duration_ms("influx.batch_age");
    options.delivery.store = "InfluxDB at " + store_address(http);
    options.delivery.database = http.database;
    options.delivery.retention_policy = http.retention_policy;
    options.delivery.create_database = settings.flag("influx.create_database");
    ByteArray<8> seed{};
    random_bytes(seed);
    options.delivery.seed = load_be<std::uint64_t>(seed.data());
    return options;
}

}  // namespace

Program bridge_program() {
    Program program;
    program.name = "pncp-influx-bridge";
    program.purpose = "Follows the broker's feed and stores metrics, status and results in InfluxDB 1.x.";
    program.file = "influx-bridge";
    program.more = "pncp-broker(8), pncp.toml(5), pncp-cli(1)";
    program.about = {
        "Its cursor moves only when the store has answered 204, so that nothing is lost when either is away; "
        "what the store refuses is kept as lines, with the reason. Passwords and tokens come from the "
        "environment, an .env file or the configuration file, never from the command line."};
    program.files = {{"/etc/pncp/influx-bridge.toml", "Settings; see pncp.toml(5)."},
                     {"influx-bridge.cursor", "In the state folder: how far is stored."},
                     {"influx-bridge.dead", "In the state folder: points that the store refused."}};
    add_store(program);
    add_places(program);
    program.check = check;
    return program;
}

Result<BridgeConfig> prepare(const Settings& settings) {
    BridgeConfig config;
    const auto state = state_folder(settings);
    if (!state) return state.error();
    const std::string& run = settings.text("run_dir");
    config.key_file =
        file_or(settings, "key_file", run.empty() ? choose_run_dir(Place::here()) : run, "influx-bridge.key");
    config.control = settings.text("broker.control");
    config.feed = settings.text("broker.feed");
    config.cursor_file = file_or(settings, "bridge.cursor_file", *state, "influx-bridge.cursor");
    config.dead_letter_file = file_or(settings, "bridge.dead_letter_file", *state, "influx-bridge.dead");
    config.tags_file = file_or(settings, "bridge.tags_file", *state, "influx-bridge.tags");
    config.http = http_options(settings);
    config.pipeline = pipeline_options(settings, config.http);
    const bool secrets = !config.http.password.empty() || !config.http.token.empty();
    if (secrets && !config.http.tls && !is_local(config.http.host))
        log::warning("password or token go to " + config.http.host +
                     " unencrypted; set influx.tls if it speaks HTTPS");
    if (!config.http.tls_verify)
        log::warning(
            "influx.tls_verify is false: the certificate of " + store_address(config.http) +
            " is not checked, so whoever is on the way can read and change everything that goes there");
    return config;
}

}  // namespace pncp::influx
