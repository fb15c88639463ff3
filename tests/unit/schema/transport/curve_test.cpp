#include "schema/transport/curve.hpp"

#include <gtest/gtest.h>

#include "schema/crypto.hpp"

namespace pncp::transport {
namespace {

TEST(Curve, PublicKeyIsThatOfX25519) {
    // Computed by a third implementation: the Montgomery ladder of RFC 7748, section 5, in a few lines of
    // Python.
    Key32 secret;
    secret.fill(1);
    EXPECT_EQ(to_hex(curve_public(secret)),
              "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209");
}

TEST(Curve, LibzmqAndCryptoppDeriveTheSamePublicKeys) {
    for (int seed = 0; seed < 256; ++seed) {
        Key32 secret;
        secret.fill(static_cast<std::uint8_t>(seed));
        secret[0] = static_cast<std::uint8_t>(seed * 7);
        EXPECT_EQ(curve_public(secret), curve_public_key(secret)) << seed;
    }
}

}  // namespace
}  // namespace pncp::transport
