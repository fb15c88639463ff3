// Key files, the list of peers and the master secret: what is read, what is refused, and that no secret is
// repeated.
#include <gtest/gtest.h>

#include "schema/key_file.hpp"
#include "schema/keys.hpp"
#include "schema/peers.hpp"
#include "tests/unit/schema/samples.hpp"

namespace pncp {
namespace {

KeyFile sample() {
    return {samples::agent_name(), samples::key(50), samples::key(90),
            "tcp://h:17471",       "tcp://h:17472",  "tcp://h:17473"};
}

TEST(KeyFile, ComesBackAsItWas) {
    const auto read = parse_key_file(format_key_file(sample()));
    ASSERT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(*read, sample());
}

TEST(KeyFile, AnErrorNamesTheLineAndNeverTheKey) {
    const std::string good = format_key_file(sample());
    const std::string hex = to_hex(samples::key(50));
    std::string bad = good;
    bad.replace(bad.find(hex), 2, "zz");
    const std::vector<std::string> texts = {bad, good + "key = " + hex + "\n",
                                            good + "colour = " + hex + "\n", "key\n"};
    for (const std::string& text : texts) {
        const auto read = parse_key_file(text);
        ASSERT_FALSE(read.ok());
        EXPECT_NE(read.error().text().find("line "), std::string::npos);
        EXPECT_EQ(read.error().text().find(hex.substr(4)), std::string::npos);
    }
}

TEST(KeyFile, EveryRequiredNameIsRequired) {
    const std::string good = format_key_file(sample());
    for (const std::string name : {"role", "id", "generation", "key", "broker"}) {
        std::string cut = good;
        const auto at = cut.find("\n" + name + " = ") + 1;
        cut.erase(at, cut.find('\n', at) - at + 1);
        EXPECT_FALSE(parse_key_file(cut).ok()) << name;
    }
}

TEST(Peers, TheListComesBackAsItWas) {
    const PeersFile peers{{{{Role::agent, "pi-1"}, {1, false, false}},
                           {{Role::agent, "pi-2"}, {4, false, true}},
                           {{Role::operator_, "ada"}, {3, true, false}}},
                          17};
    const auto read = parse_peers(format_peers(peers));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, peers);
}

TEST(Peers, AnythingElseIsAnErrorWithItsLine) {
    for (const char* bad :
         {"agent pi-1 1\n", "agent pi-1 1 active now\n", "root pi-1 1 active\n", "agent PI 1 active\n",
          "agent pi-1 x active\n", "agent pi-1 0 active\n", "agent pi-1 1 rotating\n", "feed_epoch 0\n",
          "feed_epoch\n", "agent pi-1 1 maybe\n", "agent pi-1 1 active\nagent pi-1 2 active\n"}) {
        const auto read = parse_peers(bad);
        ASSERT_FALSE(read.ok()) << bad;
        EXPECT_NE(read.error().message.find("line "), std::string::npos);
    }
}

TEST(MasterSecret, PlaceholdersAndOtherLengthsAreRefused) {
    EXPECT_TRUE(
        parse_master_secret("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n").ok());
    for (const std::string& bad :
         {std::string(), std::string("changeme"), std::string(64, '0'), std::string(64, 'f'),
          std::string(63, 'a'),
          std::string("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
          std::string("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")})
        EXPECT_FALSE(parse_master_secret(bad).ok()) << bad;
}

TEST(Keys, EveryPeerRoleAndGenerationHasItsOwnKey) {
    const MasterSecret master = samples::master();
    const Key32 key = peer_key(master, {Role::agent, "pi-1", 1});
    EXPECT_NE(key, peer_key(master, {Role::agent, "pi-2", 1}));
    EXPECT_NE(key, peer_key(master, {Role::operator_, "pi-1", 1}));
    EXPECT_NE(key, peer_key(master, {Role::agent, "pi-1", 2}));
    EXPECT_NE(key, peer_key(MasterSecret{samples::key(2)}, {Role::agent, "pi-1", 1}));
}

}  // namespace
}  // namespace pncp
