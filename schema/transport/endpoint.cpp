#include "schema/transport/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace pncp::transport {
namespace {

Error malformed(std::string_view text, std::string_view why) {
    return {"endpoint \"" + std::string(text) + "\": " + std::string(why),
            "write tcp://HOST:PORT or ipc:///absolute/path"};
}

bool host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool ipv6_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/// The host alone; an IPv6 address may name its interface: fe80::1%eth0.
bool valid_host(std::string_view host, bool ipv6) {
    if (host.empty() || host.size() > 253) return false;
    if (!ipv6) return host == "*" || std::all_of(host.begin(), host.end(), host_character);
    const std::string_view address = host.substr(0, host.find('%'));
    const std::string_view zone = host.substr(std::min(address.size() + 1, host.size()));
    return address.find(':') != std::string_view::npos &&
           std::all_of(address.begin(), address.end(), ipv6_character) &&
           std::all_of(zone.begin(), zone.end(), host_character);
}

Result<Endpoint> parse_tcp(std::string_view text, std::string_view rest) {
    Endpoint endpoint;
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) return malformed(text, "has no port");
    std::string_view host = rest.substr(0, colon);
    const std::string_view port = rest.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        endpoint.ipv6 = true;
    } else if (host.find(':') != std::string_view::npos) {
        return malformed(text, "an IPv6 address goes in brackets, as in tcp://[::1]:17471");
    }
    if (!valid_host(host, endpoint.ipv6)) return malformed(text, "has no valid host name or address");
    endpoint.host = host;
    if (port == "*") return endpoint;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
        return malformed(text, "the port must be a number from 1 to 65535");
    }
    return endpoint;
}

Result<Endpoint> parse_ipc(std::string_view text, std::string_view path) {
    if (path.empty() || path == "*") return malformed(text, "has no path");
    if (path.front() == '@') return malformed(text, "abstract sockets have no folder that guards them");
    if (path.find('\0') != std::string_view::npos) return malformed(text, "the path holds a NUL byte");
    if (path.size() > kSocketPathMax) {
        return Error{"the socket path " + std::string(path) + " has " + std::to_string(path.size()) +
                         " characters; Linux allows " + std::to_string(kSocketPathMax),
                     "choose a shorter folder"};
    }
    return Endpoint{.scheme = Scheme::ipc, .host = {}, .path = std::string(path)};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    constexpr std::string_view kTcp = "tcp://";
    constexpr std::string_view kIpc = "ipc://";
    constexpr std::string_view kInproc = "inproc://";
    if (text.starts_with(kTcp)) return parse_tcp(text, text.substr(kTcp.size()));
    if (text.starts_with(kIpc)) return parse_ipc(text, text.substr(kIpc.size()));
    if (text.starts_with(kInproc) && text.size() > kInproc.size()) {
        return Endpoint{
            .scheme = Scheme::inproc, .host = {}, .path = std::string(text.substr(kInproc.size()))};
    }
    return malformed(text, "is neither tcp:// nor ipc://");
}

}  // namespace pncp::transport
