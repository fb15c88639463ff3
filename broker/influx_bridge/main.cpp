// pncp-influx-bridge: start-up in order — settings, cursor, the key (waited for), then the loop.
#include <csignal>
#include <optional>

#include "broker/influx_bridge/bridge.hpp"
#include "broker/influx_bridge/bridge_config.hpp"
#include "broker/influx_bridge/cursor_file.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"
#include "schema/program/main_frame.hpp"

namespace {

using namespace pncp;
using namespace pncp::influx;

/// How often a key file that is not there yet is looked for.
constexpr std::int64_t kKeyWaitMs = 500;

Result<KeyFile> read_key(const std::string& path) {
    auto bytes = read_secret_file(path, {.group_may_read = true});
    if (!bytes) return bytes.error();
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key) return Error{path + ": " + key.error().message, key.error().next};
    if (key->peer.role != Role::subscriber)
        return Error{
            path + " is the key of an " + std::string(role_name(key->peer.role)) + ", not of a subscriber",
            "issue one with: pncp-cli key issue influx-bridge --role subscriber --out FILE"};
    return key;
}

/// True once the file is there; false when a signal came first.
bool wait_for_key(const std::string& path, Signals& signals) {
    if (path_exists(path)) return true;
    log::info("waiting for the key file " + path +
              ", which the broker writes when it starts (key_file names another)");
    transport::Poller poller;
    poller.add_fd(signals.fd(), 1);
    while (!path_exists(path)) {
        (void)poller.wait(kKeyWaitMs);
        while (const auto signal = signals.next())
            if (*signal != SIGHUP) return false;
    }
    return true;
}

int run(const Settings& settings) {
    auto signals = Signals::open();
    if (!signals) return fail(signals.error(), ExitCode::unavailable);
    const auto config = prepare(settings);
    if (!config) return fail(config.error(), ExitCode::configuration);
    const auto start = load_cursor(config->cursor_file);
    if (!start) return fail(start.error(), ExitCode::configuration);
    if (!wait_for_key(config->key_file, *signals)) return number(ExitCode::ok);
    const auto key = read_key(config->key_file);
    if (!key) return fail(key.error(), ExitCode::configuration);

    Bridge bridge(*config, *key, *start, *signals);
    if (const Status tags = bridge.load_tags(); !tags) return fail(tags.error(), ExitCode::configuration);
    log::info("storing in database \"" + config->http.database + "\" of " + config->pipeline.delivery.store);
    bridge.run();
    log::info("stopped");
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) { return run_program(bridge_program(), argc, argv, run); }
