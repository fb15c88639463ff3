// Golden vectors: tests/vectors/NAME.hex is the wire, byte for byte. A change here is a change of the
// protocol; after a wanted one, run the test with PNCP_WRITE_VECTORS=1 and review the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

std::string vector_path(const std::string& name) {
    return std::string(PNCP_SOURCE_DIR) + "/tests/vectors/" + name + ".hex";
}

std::string read_vector(const std::string& name) {
    std::ifstream file(vector_path(name));
    std::string text;
    std::string line;
    while (std::getline(file, line)) text += line;
    return text;
}

void expect_vector(const std::string& name, ByteView bytes) {
    const std::string hex = to_hex(bytes);
    if (std::getenv("PNCP_WRITE_VECTORS") != nullptr) {
        std::ofstream file(vector_path(name));
        for (std::size_t i = 0; i < hex.size(); i += 64) file << hex.substr(i, 64) << "\n";
    }
    EXPECT_EQ(hex, read_vector(name)) << "the wire form of " << name << " has changed";
}

TEST(Vectors, EveryFrameTypeIsByteForByteTheSame) {
    for (const auto& [name, frame] : samples::frames()) expect_vector(name, frame);
}

TEST(Vectors, EveryDerivedKeyIsTheSame) {
    const MasterSecret master = samples::master();
    const Key32 peer = peer_key(master, samples::agent_name());
    const DirectionKeys handshake = handshake_keys(peer);
    const DirectionKeys session = session_keys(peer, samples::key(32), samples::key(96), samples::id(128),
                                               "pi-1", curve_public_key(broker_curve_secret(master)));
    expect_vector("key-peer", peer);
    expect_vector("key-handshake-up", handshake.up);
    expect_vector("key-handshake-down", handshake.down);
    expect_vector("key-session-up", session.up);
    expect_vector("key-session-down", session.down);
    expect_vector("key-peer-curve-secret", peer_curve_secret(peer));
    expect_vector("key-peer-curve-public", curve_public_key(peer_curve_secret(peer)));
    expect_vector("key-broker-curve-secret", broker_curve_secret(master));
    expect_vector("key-feed", feed_key(master, 1));
    expect_vector("key-anchor", anchor_key(master));
    expect_vector("anchor-tag",
                  anchor_tag(anchor_key(master), samples::id(200), "log-writer", 41, samples::key(3)));
    expect_vector("command-id", command_id(samples::id(16), "pi-1"));
}

TEST(Hkdf, MatchesRfc5869TestCase1) {
    const Bytes secret(22, 0x0b);
    const Bytes salt = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const Bytes info = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9};
    EXPECT_EQ(to_hex(hkdf(secret, salt, info)),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(SigningKey, OnlyAWholeTagIsCompared) {
    SigningKey key(samples::key(1));
    const Bytes text = to_bytes(view("what do ya want for nothing?"));
    Key32 tag;
    key.sign(text, tag.data());
    EXPECT_TRUE(key.verify(text, tag));
    for (std::size_t length = 0; length < 32; ++length)
        EXPECT_FALSE(key.verify(text, ByteView(tag).first(length)));
    Bytes longer = to_bytes(tag);
    longer.push_back(0);
    EXPECT_FALSE(key.verify(text, longer));
}

TEST(X25519, TheSecretIsClamped) {
    // RFC 7748, section 5: the three low bits don't matter. That it equals libzmq's is tested in
    // schema/transport.
    Key32 secret = samples::key(40);
    const Key32 expected = curve_public_key(secret);
    secret[0] = static_cast<std::uint8_t>(secret[0] ^ 7U);
    EXPECT_EQ(curve_public_key(secret), expected);
}

}  // namespace
}  // namespace pncp
