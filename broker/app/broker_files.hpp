// The files that a running broker reads again on SIGHUP or `pncp-cli reload`: the list of peers, the rights
// and the alerts. Any thread.
#pragma once

#include <string>

#include "broker/core/broker_core.hpp"
#include "schema/peers.hpp"
#include "schema/result.hpp"

namespace pncp::broker {

struct BrokerFiles {
    std::string peers;   ///< written by the broker
    std::string rights;  ///< written by a person; need not exist
    std::string alerts;  ///< likewise; see broker/app/alerts_file.hpp
};

/// The list of peers; a missing file is an empty list.
[[nodiscard]] Result<PeersFile> load_peers(const std::string& path);

/// The public keys that were derived before; none when the file is missing, unreadable or not this broker's.
[[nodiscard]] PublicKeys load_public_keys(const std::string& path, const MasterSecret& master);

/// The rules of the rights file; a missing file has none. TOML, one rule each:
///
///     [[allow]]
///     operator = "ada"
///     commands = ["lslogs", "journal-*"]      # names or globs
///     agents   = ["pi-*", "role=camera"]      # names, globs, or tags of the agent
///     keys     = false                        # true: may issue, rotate and revoke keys, and reload
[[nodiscard]] Result<std::vector<Rule>> load_rights(const std::string& path);
/// The same from text; `file` is its name in errors. Pure.
[[nodiscard]] Result<std::vector<Rule>> parse_rights(std::string_view text, const std::string& file);

[[nodiscard]] Result<Reloaded> read_again(const BrokerFiles& files);

}  // namespace pncp::broker
