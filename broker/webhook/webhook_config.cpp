#include "broker/webhook/webhook_config.hpp"

#include "schema/program/run_dir.hpp"

namespace pncp::webhook {

Program webhook_program() {
    Program program;
    program.name = "pncp-webhook";
    program.purpose = "Posts the broker's alerts to a URL, as JSON.";
    program.file = "webhook";
    program.more = "pncp-broker(8), pncp.toml(5), pncp-cli(1)";
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
    add("webhook.url", Kind::text, "", "Where to post, such as https://chat.example/hooks/abc.", "Webhook")
        ->secret = true;
    add("webhook.token", Kind::text, "", "Sent as a bearer token.", "Webhook")->secret = true;
    add("webhook.ca_file", Kind::text, "", "Certificates to trust. Default: the system's.", "Webhook");
    add("webhook.timeout", Kind::duration, "10s", "Longest wait for an answer.", "Webhook")->min = 1'000;
    add("key_file", Kind::text, "",
        "Key of this subscriber. Default: webhook.key in run_dir, which the broker does not write by itself: "
        "pncp-cli key issue webhook --role subscriber --out FILE",
        "Broker");
    add("broker.control", Kind::text, "", "Where the broker answers. Default: what the key file says.",
        "Broker");
    add("broker.feed", Kind::text, "", "Where the broker publishes. Default: what the key file says.",
        "Broker");
    add("run_dir", Kind::text, "", "The broker's run folder. Default: /run/pncp, or a private folder.",
        "Broker");
    return program;
}

Result<WebhookConfig> prepare(const Settings& settings) {
    WebhookConfig config;
    if (settings.text("webhook.url").empty())
        return Error{"webhook.url is not set", "say in webhook.toml where alerts are to be posted"};
    // The URL is often a secret by itself, so no message shows it.
    if (const Status url = influx::set_url(config.http, settings.text("webhook.url")); !url)
        return Error{settings.where("webhook.url") + ": " + url.error().message, url.error().next};
    config.http.bearer = settings.text("webhook.token");
    config.http.ca_file = settings.text("webhook.ca_file");
    config.http.total_timeout_ms = settings.duration_ms("webhook.timeout");
    config.http.gzip = false;
    config.http.content_type = "application/json";
    const std::string& run = settings.text("run_dir");
    config.key_file = settings.text("key_file");
    if (config.key_file.empty())
        config.key_file = (run.empty() ? choose_run_dir(Place::here()) : run) + "/webhook.key";
    config.control = settings.text("broker.control");
    config.feed = settings.text("broker.feed");
    return config;
}

}  // namespace pncp::webhook
