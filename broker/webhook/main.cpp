// pncp-webhook: settings, the key, then the loop.
#include "broker/webhook/webhook.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"
#include "schema/program/main_frame.hpp"

namespace {

using namespace pncp;
using namespace pncp::webhook;

Result<KeyFile> read_key(const std::string& path) {
    auto bytes = read_secret_file(path, {.group_may_read = true});
    if (!bytes) return bytes.error();
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key) return Error{path + ": " + key.error().message, key.error().next};
    if (key->peer.role == Role::subscriber) return key;
    return Error{
        path + " is the key of an " + std::string(role_name(key->peer.role)) + ", not of a subscriber",
        "issue one with: pncp-cli key issue webhook --role subscriber --out FILE"};
}

int run(const Settings& settings) {
    auto signals = Signals::open();
    if (!signals) return fail(signals.error(), ExitCode::unavailable);
    const auto config = prepare(settings);
    if (!config) return fail(config.error(), ExitCode::configuration);
    const auto key = read_key(config->key_file);
    if (!key) return fail(key.error(), ExitCode::configuration);
    Webhook webhook(*config, *key, *signals);
    log::info("posting alerts to " + influx::store_address(config->http));
    webhook.run();
    log::info("stopped");
    return number(ExitCode::ok);
}

}  // namespace

int main(int argc, char** argv) { return run_program(webhook_program(), argc, argv, run); }
