// The settings of pncp-log-writer, and what it makes of them. At start-up only.
#pragma once

#include <string>

#include "broker/log_writer/rotation.hpp"
#include "schema/key_file.hpp"
#include "schema/program/settings.hpp"
#include "schema/result.hpp"

namespace pncp::log_writer {

/// The table from which --help, TOML, environment and flags come.
[[nodiscard]] Program log_writer_program();

struct LogConfig {
    std::string log_file;
    std::string key_file;
    std::string run_dir;
    std::string control;  ///< endpoint; "" = as the key file says, else the socket in run_dir
    std::string feed;
    RotationPolicy rotation;
};

/// Chooses folders and makes those that are missing.
[[nodiscard]] Result<LogConfig> prepare(const Settings& settings);

/// Reads the key of a subscriber, and fills in the endpoints to use.
[[nodiscard]] Result<KeyFile> load_key(const LogConfig& config);

}  // namespace pncp::log_writer
