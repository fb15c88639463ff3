#include "broker/core/public_keys.hpp"

#include <gtest/gtest.h>

#include "broker/core/peer_directory.hpp"

namespace pncp::broker {
namespace {

const MasterSecret kMaster{{1, 7, 3}};

PeersFile three_peers() {
    PeersFile file;
    file.peers[{Role::agent, "pi-1"}] = {};
    file.peers[{Role::agent, "pi-2"}] = {4, false, true};
    file.peers[{Role::operator_, "ada"}] = {2, true, false};
    return file;
}

TEST(PublicKeys, AreThoseOfEveryGenerationAndComeBackFromText) {
    const PublicKeys keys = PeerDirectory(kMaster, three_peers()).public_keys();
    EXPECT_EQ(keys.size(), 4U);
    EXPECT_EQ(keys.count({Role::agent, "pi-2", 3}), 1U) << "while it rotates, the one before too";
    EXPECT_EQ(parse_public_keys(kMaster, format_public_keys(kMaster, keys)), keys);
    EXPECT_TRUE(parse_public_keys(kMaster, format_public_keys(kMaster, {})).empty());
}

TEST(PublicKeys, GiveTheSameDirectoryAsDerivingThem) {
    const PeerDirectory derived(kMaster, three_peers());
    const PeerDirectory read(kMaster, three_peers(), derived.public_keys());
    EXPECT_EQ(read.public_keys(), derived.public_keys());
    PublicKeys some = derived.public_keys();
    some.erase({Role::agent, "pi-1", 1});
    EXPECT_EQ(PeerDirectory(kMaster, three_peers(), some).public_keys(), derived.public_keys());
    // They are taken, not only carried along: with another key this peer is known by that one.
    some[{Role::agent, "pi-1", 1}] = Key32{42};
    const PeerDirectory other(kMaster, three_peers(), some);
    ASSERT_NE(other.by_curve_key(Key32{42}), nullptr);
    EXPECT_EQ(other.by_curve_key(Key32{42})->name.id, "pi-1");
}

TEST(PublicKeys, ThatWereChangedCutOrWrittenUnderAnotherSecretAreNotTaken) {
    const std::string good = format_public_keys(kMaster, PeerDirectory(kMaster, three_peers()).public_keys());
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == 'a' ? 'b' : 'a';
        EXPECT_TRUE(parse_public_keys(kMaster, bad).empty()) << "byte " << i;
        EXPECT_TRUE(parse_public_keys(kMaster, std::string_view(good).substr(0, i)).empty())
            << "cut at " << i;
    }
    EXPECT_TRUE(parse_public_keys(MasterSecret{{9}}, good).empty());
    EXPECT_TRUE(parse_public_keys(kMaster, good + good).empty());
}

}  // namespace
}  // namespace pncp::broker
