// The broker's sockets: two ROUTERs, one PUB, and the ZAP handler before them. Bound here, driven by
// BrokerLoop.
#pragma once

#include <string>
#include <vector>

#include "broker/app/broker_config.hpp"
#include "broker/core/peer_directory.hpp"
#include "schema/result.hpp"
#include "schema/transport/socket.hpp"
#include "schema/transport/zap.hpp"

namespace pncp::broker {

struct Endpoints {
    explicit Endpoints(transport::Context& context, const Key32& curve_secret);

    /// Binds Unix sockets in run_dir and the TCP endpoints. An error names the endpoint that is taken.
    [[nodiscard]] Status bind(const BrokerConfig& config);
    /// "agents=tcp://host:port" …, as key files name them.
    [[nodiscard]] std::vector<std::string> published(const std::string& public_host) const;

    transport::ZapHandler zap;
    transport::Socket agents;
    transport::Socket control;
    transport::Socket feed;
    std::string agents_bound;
    std::string control_bound;
    std::string feed_bound;
};

/// Who a CURVE key is on a socket of this ZAP domain: its User-Id, or nullopt when it is unknown, revoked, or
/// of a role that has nothing to do there.
[[nodiscard]] std::optional<std::string> admit(const PeerDirectory& peers, std::string_view domain,
                                               const Key32& key);

/// Writes operator-local.key, influx-bridge.key and log-writer.key into run_dir, so that local use needs no
/// set-up. Lists those three peers first when they are not listed yet.
[[nodiscard]] Status write_local_keys(PeerDirectory& peers, const BrokerConfig& config);

}  // namespace pncp::broker
