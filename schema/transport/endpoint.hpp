// Endpoints as text, checked before libzmq sees them, so that a person gets a sentence and not an errno.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp::transport {

enum class Scheme : std::uint8_t { tcp, ipc, inproc };

struct Endpoint {
    Scheme scheme = Scheme::tcp;
    std::string host;        ///< tcp: name, address or "*" (every interface), IPv6 without its brackets
    std::uint16_t port = 0;  ///< tcp: 0 = any free port, written "*" or "0"
    bool ipv6 = false;       ///< tcp: the host was a bracketed IPv6 address
    std::string path;        ///< ipc: of the Unix socket; inproc: its name
    bool operator==(const Endpoint&) const = default;
};

/// A Unix socket's path ends here: sun_path holds 108 bytes with its NUL.
inline constexpr std::size_t kSocketPathMax = 107;

/// Parses tcp://HOST:PORT, ipc://PATH or inproc://NAME. Abstract Unix sockets (ipc://@…) are refused, because
/// no folder's permissions guard them, and libzmq's other transports, because nothing encrypts them.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace pncp::transport
