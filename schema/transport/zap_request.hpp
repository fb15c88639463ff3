// The ZeroMQ Authentication Protocol, version 1.0 (RFC 27 of the ZeroMQ project): requests read strictly,
// replies made. Pure; any thread. libzmq asks for each connection that shakes hands with a socket that has a
// ZAP domain.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "schema/bytes.hpp"

namespace pncp::transport {

enum class ZapMechanism : std::uint8_t {
    curve,  ///< proved to hold the secret half of `client_public`
    local,  ///< a Unix socket: whoever the folder's permissions let through
};

/// The views point into the parts that were parsed.
struct ZapRequest {
    ByteView id;  ///< goes back unchanged
    ZapMechanism mechanism = ZapMechanism::curve;
    std::string_view domain;
    std::string_view address;  ///< IP address, or "localhost:UID:GID:PID"
    Key32 client_public{};     ///< zero unless `curve`
};

enum class ZapFault : std::uint8_t {
    none,
    malformed,  ///< parts missing, too long or of the wrong size, or another version
    plain,      ///< a mechanism other than CURVE on anything but a Unix socket
};

struct ZapParse {
    ZapFault fault = ZapFault::malformed;
    ZapRequest request;  ///< `id` is set whenever it could be read; the rest only when there is no fault
};

/// Version, request id, domain, address, identity, mechanism, and for CURVE the client's key.
inline constexpr std::size_t kZapPartsMin = 6;
inline constexpr std::size_t kZapPartsMax = 7;

/// Parses the parts between the empty delimiter and the end.
[[nodiscard]] ZapParse parse_zap_request(std::span<const ByteView> parts);

/// True for "localhost:UID:GID:PID", which is how libzmq writes a Unix peer. No IP address looks so.
[[nodiscard]] bool is_local_address(std::string_view address);

}  // namespace pncp::transport
