// Making a socket and giving it endpoints: start-up and reconnecting, not the data path.
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "schema/transport/endpoint.hpp"
#include "schema/transport/socket_state.hpp"

namespace pncp::transport {
namespace {

/// What CURVE adds to a part: command name 8, nonce 8, flags 1, authenticator 16. libzmq's limit counts it.
constexpr std::size_t kCurveOverheadBytes = 33;
/// libzmq 4.3 has ZMQ_ZAP_ENFORCE_DOMAIN in every build, but its header shows it only to draft builds.
constexpr int kZapEnforceDomain = 93;
/// Connections that wait to be accepted, as many as Linux lets wait. A fleet comes back at once after a
/// restart; past libzmq's 100 the kernel drops them, and each waits for a time-out: 10,000 took 90 s, and
/// take 25 s so.
constexpr int kBacklog = 4'096;
/// Keep-alive: first probe after 60 s of silence, then 4 of them 15 s apart.
constexpr int kKeepaliveIdleS = 60;
constexpr int kKeepaliveIntervalS = 15;
constexpr int kKeepaliveCount = 4;

void set_max_bytes(zmq::socket_t& socket, std::size_t bytes) {
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(bytes));
}

void set_key(zmq::socket_t& socket, int option, const Key32& key) {
    if (zmq_setsockopt(socket.handle(), option, key.data(), key.size()) != 0) {
        throw std::runtime_error("this libzmq was built without CURVE");
    }
}

/// For an option that cppzmq does not name here.
void set_int(zmq::socket_t& socket, int option, int value) {
    if (zmq_setsockopt(socket.handle(), option, &value, sizeof value) != 0) {
        throw std::runtime_error("this libzmq is too old: 4.3.4 or newer is needed");
    }
}

std::string reason(int error) { return zmq_strerror(error); }

Error tcp_bind_error(const std::string& text, const Endpoint& endpoint, int error) {
    switch (error) {
        case EADDRINUSE:
            return {"port " + std::to_string(endpoint.port) + " is taken by another program (" + text + ")",
                    "stop that program (`ss -ltnp` names it) or choose another port"};
        case EACCES:
        case EPERM:
            return {"not permitted to listen on " + text, "choose a port above 1023"};
        case EADDRNOTAVAIL:
        case ENODEV:
            return {"cannot listen on " + text + ": " + endpoint.host + " is no address of this machine",
                    "use one that `ip address` shows, or * for all"};
        default:
            return {"cannot listen on " + text + ": " + reason(error), ""};
    }
}

Error ipc_bind_error(const Endpoint& endpoint, int error) {
    const std::string folder = endpoint.path.substr(0, endpoint.path.rfind('/'));
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return {"cannot create the socket " + endpoint.path + ": its folder does not exist",
                    "create " + folder};
        case EACCES:
        case EPERM:
        case EROFS:
            return {"not permitted to create the socket " + endpoint.path + ": " + reason(error),
                    "check the owner and permissions of " + folder};
        default:
            return {"cannot create the socket " + endpoint.path + ": " + reason(error), ""};
    }
}

/// libzmq deletes whatever is at the path of a Unix socket before it binds there; only an old socket may go
/// that way.
Status check_replaceable(const Endpoint& endpoint) {
    struct stat info {};
    if (lstat(endpoint.path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
        return Error{"cannot create the socket " + endpoint.path + ": something else is there",
                     "choose another path, or move that file away"};
    }
    return Done{};
}

}  // namespace

Socket::State::State(zmq::context_t& context, int type, const SocketOptions& given) : options(given) {
    try {
        socket = zmq::socket_t(context, type);
    } catch (const zmq::error_t& error) {
        throw std::runtime_error(
            std::string("cannot open another ZeroMQ socket (") + error.what() +
            "): too many are open; raise the limit of open files (ulimit -n) or max_sockets");
    }
    socket.set(zmq::sockopt::linger, options.linger_ms);
    socket.set(zmq::sockopt::sndhwm, options.send_hwm);
    socket.set(zmq::sockopt::rcvhwm, options.receive_hwm);
    // With it, libzmq 4.3.4 ends a lost connection's queue at once (socket_base_t::hiccuped), even when the
    // first part of a message was taken out of it already: the next receive aborts the process ("!_more",
    // fq.cpp).
    socket.set(zmq::sockopt::immediate, options.immediate && type != ZMQ_SUB);
    socket.set(zmq::sockopt::reconnect_ivl, options.reconnect_ivl_ms);
    socket.set(zmq::sockopt::reconnect_ivl_max, options.reconnect_ivl_max_ms);
    socket.set(zmq::sockopt::handshake_ivl, options.handshake_ivl_ms);
    socket.set(zmq::sockopt::backlog, kBacklog);
    set_int(socket, kZapEnforceDomain, 1);  // no ZAP handler, no connection
    if (!options.zap_domain.empty()) socket.set(zmq::sockopt::zap_domain, options.zap_domain);
    if (options.tcp_keepalive) {
        socket.set(zmq::sockopt::tcp_keepalive, 1);
        socket.set(zmq::sockopt::tcp_keepalive_idle, kKeepaliveIdleS);
        socket.set(zmq::sockopt::tcp_keepalive_intvl, kKeepaliveIntervalS);
        socket.set(zmq::sockopt::tcp_keepalive_cnt, kKeepaliveCount);
    }
    // Every connection's own subscriptions, not only the first of a topic.
    if (type == ZMQ_XPUB) socket.set(zmq::sockopt::xpub_verboser, true);
    if (type == ZMQ_ROUTER) {
        socket.set(zmq::sockopt::router_mandatory, options.router_mandatory);
        socket.set(zmq::sockopt::router_handover, options.router_handover);
    }
}

Socket::State::~State() {
    if (auto* server = std::get_if<CurveServer>(&options.curve)) wipe(server->secret);
    if (auto* client = std::get_if<CurveClient>(&options.curve)) wipe(client->secret);
}

// libzmq copies a socket's options into each listener and connection as it is made. So what is set here holds
// for the next bind or connect and leaves the earlier ones as they were.
Status Socket::State::secure_tcp(bool binding) {
    if (binding) {
        const auto* server = std::get_if<CurveServer>(&options.curve);
        if (server == nullptr) {
            return Error{"a tcp endpoint was to be opened without CURVE keys",
                         "this is a mistake in the program: please report it"};
        }
        socket.set(zmq::sockopt::curve_server, true);
        set_key(socket, ZMQ_CURVE_SECRETKEY, server->secret);
    } else {
        const auto* client = std::get_if<CurveClient>(&options.curve);
        if (client == nullptr) {
            return Error{"a tcp connection needs a key", "name a key file with --key or PNCP_KEY_FILE"};
        }
        set_key(socket, ZMQ_CURVE_SERVERKEY, client->server_public);
        set_key(socket, ZMQ_CURVE_PUBLICKEY, client->own_public);
        set_key(socket, ZMQ_CURVE_SECRETKEY, client->secret);
    }
    set_max_bytes(socket, options.max_message_bytes + kCurveOverheadBytes);
    return Done{};
}

void Socket::State::plain_local() {
    socket.set(zmq::sockopt::curve_server, false);  // also takes a client's mechanism back to NULL
    set_max_bytes(socket, options.max_message_bytes);
}

Status Socket::bind(const std::string& endpoint) {
    const Result<Endpoint> parsed = parse_endpoint(endpoint);
    if (!parsed) return parsed.error();
    const bool tcp = parsed->scheme == Scheme::tcp;
    const bool ipc = parsed->scheme == Scheme::ipc;
    // Without a domain libzmq asks nobody: any key would do on tcp, and a peer on ipc could claim any User-Id
    // in its own handshake (measured). With one, the ZapHandler's answer takes precedence over what a peer
    // claims.
    if ((tcp || ipc) && state_->options.zap_domain.empty()) {
        return Error{"the endpoint " + endpoint + " was to be opened without a ZAP domain",
                     "this is a mistake in the program: please report it"};
    }
    if (tcp) {
        if (Status secured = state_->secure_tcp(true); !secured) return secured;
        state_->socket.set(zmq::sockopt::ipv6, state_->options.ipv6 || parsed->ipv6);
    } else {
        state_->plain_local();
    }
    if (ipc) {
        if (Status free = check_replaceable(*parsed); !free) return free;
    }
    if (zmq_bind(handle(), endpoint.c_str()) != 0) {
        if (tcp) return tcp_bind_error(endpoint, *parsed, errno);
        if (ipc) return ipc_bind_error(*parsed, errno);
        return Error{"cannot open " + endpoint + " in this process: " + reason(errno), ""};
    }
    if (ipc && chmod(parsed->path.c_str(), static_cast<mode_t>(state_->options.ipc_mode)) != 0) {
        const Error error{"cannot set the permissions of the socket " + parsed->path + ": " + reason(errno),
                          ""};
        zmq_unbind(handle(), endpoint.c_str());
        return error;
    }
    return Done{};
}

Status Socket::connect(const std::string& endpoint) {
    const Result<Endpoint> parsed = parse_endpoint(endpoint);
    if (!parsed) return parsed.error();
    if (parsed->scheme == Scheme::tcp) {
        if (parsed->port == 0 || parsed->host == "*") {
            return Error{"cannot connect to " + endpoint + ": it names no host or no port",
                         "write tcp://HOST:PORT with the broker's own"};
        }
        if (Status secured = state_->secure_tcp(false); !secured) return secured;
        state_->socket.set(zmq::sockopt::ipv6, state_->options.ipv6 || parsed->ipv6);
    } else {
        state_->plain_local();
    }
    if (zmq_connect(handle(), endpoint.c_str()) != 0) {
        return Error{"cannot connect to " + endpoint + ": " + reason(errno), "check the endpoint"};
    }
    return Done{};
}

Status Socket::unbind(const std::string& endpoint) {
    if (zmq_unbind(handle(), endpoint.c_str()) == 0) return Done{};
    return Error{"cannot stop listening on " + endpoint + ": " + reason(errno), ""};
}

Status Socket::disconnect(const std::string& endpoint) {
    if (zmq_disconnect(handle(), endpoint.c_str()) == 0) return Done{};
    return Error{"cannot disconnect from " + endpoint + ": " + reason(errno), ""};
}

std::string Socket::last_endpoint() const {
    // "ipc://" and a path of 107, or "tcp://[" an IPv6 address "]:port": 256 is ample.
    std::array<char, 256> text{};
    std::size_t size = text.size();
    if (zmq_getsockopt(handle(), ZMQ_LAST_ENDPOINT, text.data(), &size) != 0) return {};
    return text.data();
}

Status Socket::subscribe(std::string_view prefix) {
    if (zmq_setsockopt(handle(), ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) == 0) return Done{};
    return Error{"cannot subscribe: " + reason(errno), ""};
}

Status Socket::unsubscribe(std::string_view prefix) {
    if (zmq_setsockopt(handle(), ZMQ_UNSUBSCRIBE, prefix.data(), prefix.size()) == 0) return Done{};
    return Error{"cannot unsubscribe: " + reason(errno), ""};
}

}  // namespace pncp::transport
