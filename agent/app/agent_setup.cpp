#include "agent/app/agent_setup.hpp"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "agent/builtin/builtin.hpp"
#include "agent/executor/catalogue_files.hpp"
#include "schema/limits.hpp"
#include "schema/program/files.hpp"
#include "schema/program/quantity.hpp"
#include "schema/transport/endpoint.hpp"

namespace pncp::agent {
namespace {

constexpr const char* kSystemKeyFile = "/etc/pncp/agent.key";
/// Two frames' worth: below that a spool could not hold one command's output.
constexpr std::int64_t kSpoolBytesMin = 128 * 1024;
constexpr std::int64_t kSpoolBytesMax = 1024 * 1024 * 1024;
/// A few segments: less would be dropped as soon as it was written.
constexpr std::int64_t kSpoolMaxMin = 4 * 1024 * 1024;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string key_file_path(const Settings& settings) {
    if (settings.is_set("key_file")) return settings.text("key_file");
    const std::string home = environment("HOME");
    if (geteuid() == 0 || home.empty()) return kSystemKeyFile;
    return home + "/.config/pncp/agent.key";
}

Result<KeyFile> read_key(const std::string& path) {
    // systemd's credentials show a group bit that comes from an ACL for this service alone.
    const std::string credentials = environment("CREDENTIALS_DIRECTORY");
    const bool credential = !credentials.empty() && path.starts_with(credentials + "/");
    auto bytes = read_secret_file(path, {.group_may_read = credential});
    if (!bytes) {
        if (path_exists(path)) return bytes.error();
        return Error{"there is no key file " + path,
                     "make one on the controller with `pncp-cli key issue NAME --out FILE`, copy it here "
                     "with mode 0600,"
                     " or name another with --key-file"};
    }
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key) return Error{path + ": " + key.error().message, key.error().next};
    if (key->peer.role != Role::agent)
        return Error{
            path + " is the key of an " + std::string(role_name(key->peer.role)) + ", not of an agent",
            "make one with `pncp-cli key issue NAME`"};
    return key;
}

/// "disk=1m" and "processes=never" into `intervals`; what is wrong, or nothing.
std::optional<Error> read_groups(const Settings& settings, GroupIntervals& intervals) {
    for (const std::string& item : settings.list("metrics.groups")) {
        const Error bad{settings.where("metrics.groups") + ": \"" + item + "\" is no group with a time",
                        "write GROUP=TIME or GROUP=never; METRICS.md lists the groups"};
        const auto equals = item.find('=');
        const auto group = group_named(item.substr(0, equals));
        if (equals == std::string::npos || !group) return bad;
        const std::string time = item.substr(equals + 1);
        const auto interval_ms = time == "never" ? Result<std::int64_t>(-1) : parse_duration_ms(time);
        if (!interval_ms) return bad;
        intervals.set(*group, *interval_ms);
    }
    return std::nullopt;
}

std::optional<Error> read_tags(const Settings& settings, std::vector<std::string>& tags) {
    tags = settings.list("tags");
    const std::string& where = settings.where("tags");
    if (tags.size() > limits::kTags)
        return Error{where + ": more than " + std::to_string(limits::kTags) + " tags", "name fewer"};
    for (const std::string& tag : tags) {
        const auto equals = tag.find('=');
        const bool named = equals != std::string::npos && valid_command_name(tag.substr(0, equals));
        if (!named || equals + 1 == tag.size() || tag.size() > limits::kTagTextBytes)
            return Error{
                where + ": \"" + tag + "\" is no tag",
                "write name=value; a name has lower-case letters, digits, _ and -, and 96 characters in all"};
    }
    return std::nullopt;
}

}  // namespace

Program agent_program() {
    return {
        .name = "pncp-agent",
        .purpose = "Runs on every device: sends its metrics to the broker and runs the commands it is sent.",
        .file = "agent",
        .settings =
            {
                {.key = "key_file",
                 .help = "This device's key file, mode 0600. By default /etc/pncp/agent.key, or "
                         "~/.config/pncp/agent.key when not root.",
                 .value_name = "FILE",
                 .group = "Broker"},
                {.key = "broker.agents",
                 .help = "Where the broker listens for agents. By default what the key file says.",
                 .value_name = "ENDPOINT",
                 .group = "Broker"},
                {.key = "metrics.interval",
                 .kind = Kind::duration,
                 .default_text = "10s",
                 .help = "Time between two samples.",
                 .group = "Metrics",
                 .min = 100,
                 .max = 24 * 3'600'000},
                {.key = "metrics.groups",
                 .kind = Kind::list,
                 .help = "Groups of metrics with an interval of their own, or never: "
                         "\"disk=1m,processes=never\". "
                         "METRICS.md lists the groups.",
                 .value_name = "GROUP=TIME,...",
                 .group = "Metrics"},
                {.key = "metrics.interval_min",
                 .kind = Kind::duration,
                 .default_text = "1s",
                 .help =
                     "The shortest time between two readings of a group that an operator may set with the "
                     "command `interval`.",
                 .group = "Metrics",
                 .min = 100,
                 .max = 24 * 3'600'000},
                {.key = "metrics.interval_max",
                 .kind = Kind::duration,
                 .default_text = "1h",
                 .help = "The longest.",
                 .group = "Metrics",
                 .min = 100,
                 .max = 24 * 3'600'000},
                {.key = "metrics.sd_endurance_tb",
                 .kind = Kind::number,
                 .help = "How many terabytes may be written to the SD card in its life, as its maker says: "
                         "then the "
                         "days left are forecast.",
                 .value_name = "TB",
                 .group = "Metrics"},
                {.key = "tags",
                 .kind = Kind::list,
                 .help = "What this device is, for people and for `pncp-cli send --to`: "
                         "\"role=camera,site=lab\".",
                 .value_name = "NAME=VALUE,...",
                 .group = "Metrics"},
                {.key = "spool.bytes",
                 .kind = Kind::size,
                 .default_text = std::to_string(limits::kSpoolBytes / 1024) + "KiB",
                 .help = "Memory for what the broker has not acknowledged yet. When it is full, the oldest "
                         "metrics are "
                         "dropped first, and the broker is told which.",
                 .group = "Spool",
                 .min = kSpoolBytesMin,
                 .max = kSpoolBytesMax},
                {.key = "spool.path",
                 .help = "Folder (0700, made if missing) for what waited longer than spool.spill_after: it "
                         "then survives a restart and a power cut. One agent a folder. Unset: nothing is "
                         "ever written.",
                 .value_name = "FOLDER",
                 .group = "Spool"},
                {.key = "spool.max",
                 .kind = Kind::size,
                 .default_text = "64MiB",
                 .help =
                     "Room for the spool on the disk; beyond it the oldest metrics are dropped first, and "
                     "the broker is told which.",
                 .group = "Spool",
                 .min = kSpoolMaxMin,
                 .max = 64 * kSpoolBytesMax},
                {.key = "spool.spill_after",
                 .kind = Kind::duration,
                 .default_text = "1m",
                 .help = "How long a row waits for the broker's acknowledgement before it is written to "
                         "spool.path, in one write with all others that wait.",
                 .group = "Spool",
                 .min = 100,
                 .max = 24 * 3'600'000},
                {.key = "commands_dir",
                 .default_text = "/etc/pncp/commands.d",
                 .help = "Folder of *.toml files with the commands that this device runs beside the built-in "
                         "ones. It and they belong to root or the agent's user and are writable by nobody "
                         "else.",
                 .value_name = "FOLDER",
                 .group = "Commands"},
            },
        .more = "pncp-enroll(8), pncp.toml(5), pncp-protocol(7), pncp-cli(1)",
        .about = {"It dials out to the broker and never listens. What the broker has not acknowledged yet "
                  "waits in "
                  "memory; what had to be dropped is declared. It runs the built-in commands and those that "
                  "`commands.d` allows: the device has the last word, and no shell is involved."},
        .files = {{"/etc/pncp/agent.toml", "Settings; see pncp.toml(5)."},
                  {"/etc/pncp/commands.d", "Commands of this device, as *.toml; the README there says how."},
                  {"/etc/pncp/agent.key",
                   "The key, mode 0600, unless `key_file` names another: the package has it in "
                   "/var/lib/pncp-agent."}},
        .check = [](const Settings& settings) -> Status {
            const auto setup = prepare_agent(settings);
            if (!setup) return setup.error();
            return Done{};
        },
    };
}

Result<AgentSetup> prepare_agent(const Settings& settings) {
    auto key = read_key(key_file_path(settings));
    if (!key) return key.error();
    AgentSetup setup;
    setup.key = std::move(*key);
    setup.key_path = key_file_path(settings);
    const bool given = settings.is_set("broker.agents");
    setup.endpoint = given ? settings.text("broker.agents") : setup.key.agents;
    const std::string where = given ? settings.where("broker.agents") : key_file_path(settings);
    if (setup.endpoint.empty())
        return Error{where + " does not say where the broker is",
                     "set broker.agents = \"tcp://CONTROLLER:17471\""};
    const auto endpoint = transport::parse_endpoint(setup.endpoint);
    if (!endpoint) return Error{where + ": " + endpoint.error().message, endpoint.error().next};
    if (endpoint->scheme == transport::Scheme::inproc)
        return Error{where + ": " + setup.endpoint + " leads nowhere outside this process",
                     "use tcp:// or ipc://"};
    setup.sample_interval_ms = settings.duration_ms("metrics.interval");
    setup.spool_bytes = static_cast<std::size_t>(settings.size_bytes("spool.bytes"));
    setup.spool_path = settings.text("spool.path");
    setup.spool_max = static_cast<std::uint64_t>(settings.size_bytes("spool.max"));
    setup.spill_after_ms = settings.duration_ms("spool.spill_after");
    if (setup.spool_max < 2 * setup.spool_bytes)
        return Error{settings.where("spool.max") + ": less than twice spool.bytes",
                     "the disk has to take what memory holds; make it larger"};
    setup.sd_endurance_tb = settings.number("metrics.sd_endurance_tb");
    if (auto error = read_groups(settings, setup.intervals)) return *error;
    setup.interval_limits = {settings.duration_ms("metrics.interval_min"),
                             settings.duration_ms("metrics.interval_max")};
    if (setup.interval_limits.min_ms > setup.interval_limits.max_ms)
        return Error{settings.where("metrics.interval_min") + ": longer than metrics.interval_max",
                     "make it shorter"};
    if (auto error = read_tags(settings, setup.tags)) return *error;
    CatalogueOptions options;
    options.folder = settings.text("commands_dir");
    options.must_exist = settings.is_set("commands_dir");
    for (const auto& command : builtin_commands()) options.reserved.emplace_back(command.name);
    options.reserved.emplace_back(IntervalTuning::kName);
    options.self = geteuid();
    auto commands = load_catalogue(options);
    if (!commands) return commands.error();
    setup.commands = std::move(*commands);
    auto scripts = load_scripts(options);
    if (!scripts) return scripts.error();
    setup.scripts = std::move(*scripts);
    return setup;
}

}  // namespace pncp::agent
