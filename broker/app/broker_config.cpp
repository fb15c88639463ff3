#include "broker/app/broker_config.hpp"

#include <unistd.h>

#include <cstdlib>

#include "broker/app/alerts_file.hpp"
#include "broker/app/broker_files.hpp"
#include "schema/program/files.hpp"
#include "schema/program/run_dir.hpp"

namespace pncp::broker {

namespace {

std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

/// PNCP_SECRET, else systemd's credential, else the secret file.
Result<MasterSecret> read_secret(const Settings& settings, const std::string& state_dir) {
    const std::string& given = settings.text("secret");
    if (!given.empty()) return parse_master_secret(given);
    std::string path = settings.text("secret_file");
    SecretFileRule rule;
    if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
        path.empty() && credentials != nullptr) {
        path = std::string(credentials) + "/secret";
        rule.group_may_read = true;
        if (!path_exists(path)) path.clear();
    }
    if (path.empty()) path = state_dir + "/secret";
    if (!path_exists(path))
        return Error{"there is no master secret at " + path,
                     "make one with: pncp-cli key init --out " + path};
    auto bytes = read_secret_file(path, rule);
    if (!bytes) return bytes.error();
    auto secret = parse_master_secret(text_view(*bytes));
    wipe(*bytes);
    if (!secret) return Error{path + ": " + secret.error().message, secret.error().next};
    return secret;
}

/// Also for --check-config: what would keep the broker from starting, but for the secret, which systemd may
/// hand over.
Status check(const Settings& settings) {
    for (const char* key : {"listen.agents", "listen.control", "listen.feed"})
        if (!settings.text(key).starts_with("tcp://"))
            return Error{settings.where(key) + ": " + key + " must be a tcp:// endpoint",
                         "write tcp://*:PORT; Unix sockets are always there, in run_dir"};
    if (const auto rules = load_rights(settings.text("rights_file")); !rules) return rules.error();
    if (const auto alerts = load_alerts(settings.text("alerts_file")); !alerts) return alerts.error();
    return Done{};
}

}  // namespace

Program broker_program() {
    Program program;
    program.name = "pncp-broker";
    program.purpose =
        "The controller: authenticates agents, sends them commands, journals and publishes every event.";
    program.file = "broker";
    program.more =
        "pncp(7), pncp-cli(1), pncp-influx-bridge(8), pncp-log-writer(8), pncp.toml(5), pncp-protocol(7)";
    program.about = {
        "Devices, operators and subscribers connect to it over CURVE; programs on this machine use Unix "
        "sockets in the run folder and find their keys there. What was accepted is in the journal before it "
        "is "
        "acknowledged, and goes to every subscriber once, in order.",
        "SIGHUP, as `pncp-cli reload`, has it read its rights, its alerts and its list of peers again. "
        "pncp(7) tells of both files."};
    program.files = {
        {"/etc/pncp/broker.toml", "Settings; see pncp.toml(5)."},
        {"/etc/pncp/rights.toml", "What operators elsewhere may do; see pncp(7)."},
        {"/etc/pncp/alerts.toml", "Rules about the agents; see pncp(7)."},
        {"/var/lib/pncp/secret", "The master secret. Every key is derived from it: keep a copy."},
        {"/var/lib/pncp/public-keys",
         "The peers' public keys as derived before, for a quicker start. May be deleted."},
        {"/var/lib/pncp/peers", "Who has a key. No secrets; written by the broker alone."},
        {"/var/lib/pncp/journal.sqlite", "The journal."},
        {"/run/pncp", "Sockets and local keys; the group pncp may use them."}};
    const auto add = [&](std::string key, Kind kind, std::string value, std::string help, std::string group) {
        Setting setting;
        setting.key = std::move(key);
        setting.kind = kind;
        setting.default_text = std::move(value);
        setting.help = std::move(help);
        setting.group = std::move(group);
        program.settings.push_back(std::move(setting));
        return &program.settings.back();
    };
    add("listen.agents", Kind::text, "tcp://*:17471", "Where agents connect (ROUTER, CURVE).", "Endpoints");
    add("listen.control", Kind::text, "tcp://*:17472",
        "Where remote operators and subscribers ask (ROUTER, CURVE); local ones use control.sock in run_dir.",
        "Endpoints");
    add("listen.feed", Kind::text, "tcp://*:17473",
        "Where remote subscribers follow the feed (PUB, CURVE); local ones use feed.sock in run_dir.",
        "Endpoints");
    add("public_host", Kind::text, "",
        "Name or address under which peers reach this machine, written into key files. Default: the host "
        "name.",
        "Endpoints");
    add("state_dir", Kind::text, "",
        "Journal, list of peers and secret. Default: /var/lib/pncp, or ~/.local/state/pncp when not root.",
        "Folders");
    add("run_dir", Kind::text, "",
        "Unix sockets and local keys. Default: /run/pncp, or a private folder when not root.", "Folders");
    add("secret_file", Kind::text, "",
        "The master secret, 64 hexadecimal digits, mode 0600. Default: secret in state_dir.", "Security");
    add("rights_file", Kind::text, "/etc/pncp/rights.toml",
        "Which operator may send which command to which agents; read again by `pncp-cli reload`. Without the "
        "file, the local operator alone may do anything.",
        "Security");
    add("alerts_file", Kind::text, "/etc/pncp/alerts.toml",
        "Rules about the agents, such as `offline > 2m`, whose beginning and end become events; read again "
        "by "
        "`pncp-cli reload`.",
        "Alerts");
    add("rotation_grace", Kind::duration, "7d",
        "How long the former generation of a rotated key stays good, if its peer does not come over first.",
        "Security");
    add("secret", Kind::text, "", "The master secret itself; rather use a file.", "Security")->secret = true;
    add("journal.synchronous", Kind::text, "full",
        "full: what was acknowledged survives a power cut. normal: the last commits before one may be lost.",
        "Journal")
        ->choices = {"full", "normal"};
    add("journal.max_size", Kind::size, "1GiB",
        "The journal never grows beyond this: near it the oldest events go, whoever has not read them.",
        "Journal")
        ->min = 1 << 20;
    add("journal.keep", Kind::duration, "30d",
        "Events are deleted when they are older than this and every durable consumer has read them. 0: only "
        "when room is wanted.",
        "Journal")
        ->min = 0;
    add("journal.forget_consumer", Kind::duration, "30d",
        "A durable consumer that was silent for so long holds no events back any more.", "Journal")
        ->min = 60'000;
    add("self_metrics_interval", Kind::duration, "10s",
        "How often the broker's own numbers become an event, for the store (measurement pncp). 0: never.",
        "Journal")
        ->min = 0;
    program.check = check;
    return program;
}

Result<BrokerConfig> prepare(const Settings& settings) {
    BrokerConfig config;
    config.state_dir = settings.text("state_dir");
    if (config.state_dir.empty()) {
        auto chosen = prepare_state_dir(Place::here());
        if (!chosen) return chosen.error();
        config.state_dir = *chosen;
    } else if (const Status made = make_folder(config.state_dir, 0700); !made) {
        return made.error();
    }
    config.run_dir = settings.text("run_dir");
    if (config.run_dir.empty()) {
        auto chosen = prepare_run_dir(Place::here());
        if (!chosen) return chosen.error();
        config.run_dir = *chosen;
    } else if (const Status made = make_folder(config.run_dir, 0750); !made) {
        return made.error();
    }
    auto secret = read_secret(settings, config.state_dir);
    if (!secret) return secret.error();
    config.secret = *secret;
    config.listen_agents = settings.text("listen.agents");
    config.listen_control = settings.text("listen.control");
    config.listen_feed = settings.text("listen.feed");
    config.public_host = settings.text("public_host").empty() ? host_name() : settings.text("public_host");
    config.rights_file = settings.text("rights_file");
    config.alerts_file = settings.text("alerts_file");
    config.rotation_grace_ms = settings.duration_ms("rotation_grace");
    config.synchronous_full = settings.text("journal.synchronous") == "full";
    config.journal_max_bytes = settings.size_bytes("journal.max_size");
    config.journal_keep_ms = settings.duration_ms("journal.keep");
    config.forget_consumer_ms = settings.duration_ms("journal.forget_consumer");
    config.self_metrics_ms = settings.duration_ms("self_metrics_interval");
    return config;
}

}  // namespace pncp::broker
