#include "broker/app/endpoints.hpp"

#include "schema/key_file.hpp"
#include "schema/program/files.hpp"
#include "schema/program/run_dir.hpp"

namespace pncp::broker {

namespace {

transport::SocketOptions server(const char* domain, const Key32& curve_secret) {
    transport::SocketOptions options;
    options.curve = transport::CurveServer{curve_secret};
    options.zap_domain = domain;
    // 64 frames of 64 KiB a peer: the default of 1,000 let 10,000 peers fill 250 MB (targets.md, I2).
    options.receive_hwm = 64;
    return options;
}

transport::SocketOptions publisher(const Key32& curve_secret) {
    transport::SocketOptions options = server("feed", curve_secret);
    options.send_hwm = limits::kFeedSendHwm;
    // All that comes in are topics to subscribe to.
    options.max_message_bytes = limits::kSubscriptionBytes + 1;
    return options;
}

/// "tcp://*:17471" as bound ("tcp://0.0.0.0:17471") → "tcp://HOST:17471"; an address bound by name stays.
std::string reachable(const std::string& bound, const std::string& host) {
    const auto colon = bound.rfind(':');
    const std::string address = bound.substr(6, colon - 6);
    const bool any = address == "0.0.0.0" || address == "*" || address == "[::]";
    return "tcp://" + (any ? host : address) + bound.substr(colon);
}

}  // namespace

Endpoints::Endpoints(transport::Context& context, const Key32& curve_secret)
    : zap(context),
      agents(transport::Socket::router(context, server("agents", curve_secret))),
      control(transport::Socket::router(context, server("control", curve_secret))),
      local_feed(transport::Socket::pub(context, publisher(curve_secret))),
      feed(transport::Socket::xpub(context, publisher(curve_secret))),
      context_(context),
      curve_secret_(curve_secret) {}

Status Endpoints::reopen_feed() {
    transport::Socket socket = transport::Socket::xpub(context_, publisher(curve_secret_));
    if (const Status status = socket.bind(feed_bound); !status) return status;
    feed.emplace(std::move(socket));
    return Done{};
}

Status Endpoints::bind(const BrokerConfig& config) {
    const auto bind_one = [&](transport::Socket& socket, const std::string& endpoint,
                              std::string& bound) -> Status {
        if (const Status status = socket.bind(endpoint); !status) return status;
        bound = socket.last_endpoint();
        return Done{};
    };
    const auto bind_local = [&](transport::Socket& socket, const char* name) -> Status {
        const auto path = socket_path(config.run_dir, name);
        if (!path) return path.error();
        return socket.bind("ipc://" + *path);
    };
    if (const Status status = bind_local(control, "control.sock"); !status) return status;
    if (const Status status = bind_local(local_feed, "feed.sock"); !status) return status;
    if (const Status status = bind_one(agents, config.listen_agents, agents_bound); !status) return status;
    if (const Status status = bind_one(control, config.listen_control, control_bound); !status) return status;
    return bind_one(*feed, config.listen_feed, feed_bound);
}

std::vector<std::string> Endpoints::published(const std::string& public_host) const {
    return {"agents=" + reachable(agents_bound, public_host),
            "control=" + reachable(control_bound, public_host), "feed=" + reachable(feed_bound, public_host)};
}

Status write_local_keys(PeerDirectory& peers, const BrokerConfig& config) {
    struct Local {
        Role role;
        const char* id;
        const char* file;
        unsigned mode;
    };
    // The operator's key is readable by the group (pncp): whoever may enter the run folder may operate.
    static constexpr Local kLocals[] = {{Role::operator_, "local", "operator-local.key", 0640},
                                        {Role::subscriber, "influx-bridge", "influx-bridge.key", 0600},
                                        {Role::subscriber, "log-writer", "log-writer.key", 0600}};
    for (const Local& local : kLocals) {
        const PeerRecord* record = peers.record(local.role, local.id);
        if (record == nullptr) {
            if (const auto issued = peers.issue(local.role, local.id); !issued) return issued.error();
            record = peers.record(local.role, local.id);
        }
        if (record->revoked) continue;
        const PeerEntry* entry = peers.newest(local.role, local.id);
        KeyFile file;
        file.peer = entry->name;
        file.key = entry->key;
        file.broker = peers.broker_id();
        file.control = "ipc://" + config.run_dir + "/control.sock";
        file.feed = "ipc://" + config.run_dir + "/feed.sock";
        const Status written =
            write_atomically(config.run_dir + "/" + local.file, view(format_key_file(file)), local.mode);
        if (!written) return written;
    }
    return Done{};
}

}  // namespace pncp::broker
