// The broker's sockets: two ROUTERs, the feed (one PUB for this machine, one XPUB for others), and the ZAP
// handler before them. Bound here, driven by BrokerLoop.
#pragma once

#include <optional>
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
    /// Closes the feed's TCP socket, which cuts off everybody there; unbinding or ZAP does not.
    void close_feed() { feed.reset(); }
    /// Opens it again at the same port. An Error for as long as libzmq still holds the old one
    /// (milliseconds).
    [[nodiscard]] Status reopen_feed();
    /// "agents=tcp://host:port" …, as key files name them.
    [[nodiscard]] std::vector<std::string> published(const std::string& public_host) const;

    transport::ZapHandler zap;
    transport::Socket agents;
    transport::Socket control;
    transport::Socket local_feed;
    std::optional<transport::Socket> feed;  ///< nullopt between close_feed() and reopen_feed()
    std::string agents_bound;
    std::string control_bound;
    std::string feed_bound;

  private:
    transport::Context& context_;
    Key32 curve_secret_;
};

/// Writes operator-local.key, influx-bridge.key and log-writer.key into run_dir, so that local use needs no
/// set-up. Lists those three peers first when they are not listed yet.
[[nodiscard]] Status write_local_keys(PeerDirectory& peers, const BrokerConfig& config);

}  // namespace pncp::broker
