// What pncp-influx-bridge can be told, and what it makes of it. Start-up only.
#pragma once

#include <string>

#include "broker/influx_bridge/http_post.hpp"
#include "broker/influx_bridge/pipeline.hpp"
#include "schema/program/settings.hpp"
#include "schema/result.hpp"

namespace pncp::influx {

struct BridgeConfig {
    std::string key_file;
    std::string control;  ///< "" = the key file's
    std::string feed;     ///< "" = the key file's
    std::string cursor_file;
    std::string dead_letter_file;
    std::string tags_file;
    HttpOptions http;
    PipelineOptions pipeline;
};

/// The table of settings.
[[nodiscard]] Program bridge_program();

/// Chooses the files and makes the state folder when it is missing.
[[nodiscard]] Result<BridgeConfig> prepare(const Settings& settings);

}  // namespace pncp::influx
