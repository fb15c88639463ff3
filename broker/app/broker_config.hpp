// What pncp-broker is configured by, and what it needs before it can start: secret, folders, list of peers.
#pragma once

#include <string>

#include "schema/keys.hpp"
#include "schema/peers.hpp"
#include "schema/program/setting.hpp"
#include "schema/program/settings.hpp"
#include "schema/result.hpp"

namespace pncp::broker {

/// The table of options: names, defaults, help.
[[nodiscard]] Program broker_program();

struct BrokerConfig {
    MasterSecret secret;
    std::string state_dir;
    std::string run_dir;
    std::string listen_agents;
    std::string listen_control;
    std::string listen_feed;
    std::string public_host;
    std::string alerts_file;
    std::string rights_file;
    std::int64_t rotation_grace_ms = 0;
    bool synchronous_full = true;
    std::int64_t journal_max_bytes = 0;
    std::int64_t journal_keep_ms = 0;
    std::int64_t forget_consumer_ms = 0;
    std::int64_t self_metrics_ms = 0;

    [[nodiscard]] std::string peers_file() const { return state_dir + "/peers"; }
    [[nodiscard]] std::string public_keys_file() const { return state_dir + "/public-keys"; }
    [[nodiscard]] std::string journal_file() const { return state_dir + "/journal.sqlite"; }
};

/// Folders made, secret read and checked. An error says what to do.
[[nodiscard]] Result<BrokerConfig> prepare(const Settings& settings);

}  // namespace pncp::broker
