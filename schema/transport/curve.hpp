// CURVE keys as libzmq derives them. Pure; any thread.
#pragma once

#include "schema/bytes.hpp"

namespace pncp::transport {

/// The public key of a CURVE secret key, by libzmq. Programs derive keys with schema/crypto.hpp; this is the
/// second opinion that tests compare it with.
[[nodiscard]] Key32 curve_public(const Key32& secret);

}  // namespace pncp::transport
