#include "broker/log_writer/log_config.hpp"

#include <utility>

#include "schema/bytes.hpp"
#include "schema/program/files.hpp"
#include "schema/program/run_dir.hpp"

namespace pncp::log_writer {

Program log_writer_program() {
    Program program;
    program.name = "pncp-log-writer";
    program.purpose =
        "Follows the broker's feed and writes every message into pncp_log.txt, one JSON object a line.";
    program.file = "log-writer";
    program.more = "pncp-broker(8), pncp-cli(1), pncp.toml(5), pncp-protocol(7)";
    program.about = {
        "Each line bears the hash of the one before, and the broker signs where the chain stands: "
        "`pncp-cli log verify` finds what was altered. To rotate it yourself, rename the file and send "
        "SIGHUP."};
    program.files = {{"/etc/pncp/log-writer.toml", "Settings; see pncp.toml(5)."},
                     {"/var/lib/pncp/pncp_log.txt", "The log; its old files are beside it, compressed."}};
    const auto add = [&](std::string group, std::string key, std::string help) {
        Setting setting;
        setting.key = std::move(key);
        setting.help = std::move(help);
        setting.group = std::move(group);
        program.settings.push_back(std::move(setting));
    };
    const auto add_kind = [&](std::string key, Kind kind, std::string value, std::string help) {
        add("Rotation", std::move(key), std::move(help));
        program.settings.back().kind = kind;
        program.settings.back().default_text = std::move(value);
        if (kind != Kind::flag) program.settings.back().min = 0;
    };
    add("Broker", "key_file",
        "Key of this subscriber. Default: log-writer.key in run_dir, which the broker writes.");
    add("Broker", "broker.control",
        "Where the broker answers. Default: what the key file says, else control.sock in run_dir.");
    add("Broker", "broker.feed",
        "Where the broker publishes. Default: what the key file says, else feed.sock in run_dir.");
    add("Files", "log.file",
        "The log. Its last line is the place to go on from. Default: pncp_log.txt in state_dir.");
    add("Files", "state_dir", "Default: /var/lib/pncp, or ~/.local/state/pncp when not root.");
    add("Files", "run_dir",
        "Where the broker puts sockets and local keys. Default: /run/pncp, or a private folder.");
    // 20 files of 100 MB take about 300 MB, since nine tenths of a line are repeated in the next.
    add_kind("log.rotate_size", Kind::size, "100MB",
             "A file of this size ends, and the next begins; 0 = never.");
    add_kind("log.rotate_age", Kind::duration, "0", "A file of this age ends, such as 1d; 0 = never.");
    add_kind("log.keep", Kind::integer, "20", "Old files to keep; older ones are deleted. 0 = all.");
    add_kind("log.compress", Kind::flag, "true", "Compress old files (gzip).");
    return program;
}

Result<LogConfig> prepare(const Settings& settings) {
    LogConfig config;
    config.run_dir =
        settings.text("run_dir").empty() ? choose_run_dir(Place::here()) : settings.text("run_dir");
    config.key_file = settings.text("key_file");
    if (config.key_file.empty()) config.key_file = config.run_dir + "/log-writer.key";
    config.control = settings.text("broker.control");
    config.feed = settings.text("broker.feed");
    config.rotation.size_bytes = static_cast<std::uint64_t>(settings.size_bytes("log.rotate_size"));
    config.rotation.age_ms = settings.duration_ms("log.rotate_age");
    config.rotation.keep = static_cast<std::size_t>(settings.integer("log.keep"));
    config.rotation.compress = settings.flag("log.compress");
    config.log_file = settings.text("log.file");
    if (!config.log_file.empty()) return config;

    std::string folder = settings.text("state_dir");
    if (folder.empty()) {
        auto chosen = prepare_state_dir(Place::here());
        if (!chosen.ok()) return chosen.error();
        folder = *chosen;
    } else if (const Status made = make_folder(folder, 0700); !made.ok()) {
        return made.error();
    }
    config.log_file = folder + "/pncp_log.txt";
    return config;
}

Result<KeyFile> load_key(const LogConfig& config) {
    SecretFileRule rule;
    rule.group_may_read = true;
    auto bytes = read_secret_file(config.key_file, rule);
    if (!bytes.ok()) return bytes.error();
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key.ok()) return Error{config.key_file + ": " + key.error().message, key.error().next};
    if (key->peer.role == Role::agent)
        return Error{config.key_file + " is the key of an agent, which may not follow the feed",
                     "issue one with: pncp-cli key issue log-writer --role subscriber --out FILE"};
    const auto choose = [&](const std::string& setting, std::string& in_key, const char* socket) {
        if (!setting.empty())
            in_key = setting;
        else if (in_key.empty())
            in_key = "ipc://" + config.run_dir + "/" + socket;
    };
    choose(config.control, key->control, "control.sock");
    choose(config.feed, key->feed, "feed.sock");
    return key;
}

}  // namespace pncp::log_writer
