#include "agent/swarm/swarm_keys.hpp"

#include <gtest/gtest.h>

#include "schema/crypto.hpp"
#include "schema/keys.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::swarm {
namespace {

const std::string kSecret = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

KeyWish wish_in(const test::TemporaryFolder& folder) {
    KeyWish wish;
    wish.prefix = "pi-";
    wish.first = 5;
    wish.count = 3;
    wish.endpoint = "tcp://127.0.0.1:1";
    wish.secret_file = folder.write("secret", kSecret + "\n");
    return wish;
}

TEST(SwarmKeys, DerivedKeysAreThoseThatTheBrokerDerives) {
    const test::TemporaryFolder folder;
    const auto keys = swarm_keys(wish_in(folder));
    ASSERT_TRUE(keys.ok()) << keys.error().text();
    ASSERT_EQ(keys->size(), 3U);
    const auto master = parse_master_secret(kSecret);
    ASSERT_TRUE(master.ok());
    for (std::size_t i = 0; i < 3; ++i) {
        const KeyFile& key = keys->at(i);
        EXPECT_EQ(key.peer.id, "pi-" + std::to_string(5 + i));
        EXPECT_EQ(key.key, peer_key(*master, key.peer));
        EXPECT_EQ(key.broker, curve_public_key(broker_curve_secret(*master)));
        EXPECT_EQ(key.agents, "tcp://127.0.0.1:1");
    }
}

TEST(SwarmKeys, AMasterSecretWithoutAnAddressIsRefused) {
    const test::TemporaryFolder folder;
    KeyWish wish = wish_in(folder);
    wish.endpoint.clear();
    const auto keys = swarm_keys(wish);
    ASSERT_FALSE(keys.ok());
    EXPECT_NE(keys.error().next.find("--broker-agents"), std::string::npos);
}

TEST(SwarmKeys, ASecretThatOthersCanReadIsRefused) {
    const test::TemporaryFolder folder;
    KeyWish wish = wish_in(folder);
    wish.secret_file = folder.write("open", kSecret + "\n", 0644);
    EXPECT_FALSE(swarm_keys(wish).ok());
}

TEST(SwarmKeys, APrefixThatMakesNoIdIsRefused) {
    const test::TemporaryFolder folder;
    KeyWish wish = wish_in(folder);
    wish.prefix = "A B";
    const auto keys = swarm_keys(wish);
    ASSERT_FALSE(keys.ok());
    EXPECT_NE(keys.error().next.find("--prefix"), std::string::npos);
}

TEST(SwarmKeys, KeysThatAreThereAreReadWithoutABroker) {
    const test::TemporaryFolder folder;
    KeyFile kept;
    kept.peer = {Role::agent, "pi-5", 2};
    kept.key = {9};
    kept.broker = {8};
    kept.agents = "tcp://broker:17471";
    KeyWish wish;
    wish.prefix = "pi-";
    wish.first = 5;
    wish.count = 1;
    wish.keys_dir = folder / "keys";
    std::filesystem::create_directory(wish.keys_dir);
    folder.write("keys/pi-5.key", format_key_file(kept));
    const auto keys = swarm_keys(wish);
    ASSERT_TRUE(keys.ok()) << keys.error().text();
    EXPECT_EQ(keys->at(0).peer.generation, 2);
    EXPECT_EQ(keys->at(0).agents, "tcp://broker:17471");
}

}  // namespace
}  // namespace pncp::swarm
