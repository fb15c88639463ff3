// Settings of pncp-webhook.
#pragma once

#include <string>

#include "broker/influx_bridge/http_post.hpp"
#include "schema/program/settings.hpp"
#include "schema/result.hpp"

namespace pncp::webhook {

struct WebhookConfig {
    std::string key_file;
    std::string control;  ///< "" = what the key file says
    std::string feed;     ///< likewise
    influx::HttpOptions http;
};

[[nodiscard]] Program webhook_program();
[[nodiscard]] Result<WebhookConfig> prepare(const Settings& settings);

}  // namespace pncp::webhook
