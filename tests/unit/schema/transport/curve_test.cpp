#include "schema/transport/curve.hpp"

#include <gtest/gtest.h>

#include "schema/crypto.hpp"

namespace pncp::transport {
namespace {

TEST(Curve, PublicKeyIsThatOfRfc7748) {
    const auto secret = from_hex<32>("77076d0a7318a57d3c16c17251b26645df4c6c5d8d6f6b1c2a6f0f0f0f0f0f0f");
    ASSERT_TRUE(secret.has_value());
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
