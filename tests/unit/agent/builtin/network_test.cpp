#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/builtin/commands.hpp"
#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp::builtin {

using testing::HasSubstr;

TEST(NetworkCommand, PrintsStateTrafficAndAddresses) {
    const std::vector<NetworkRow> rows{
        {{"eth0", 2'000, 30, 0, 0, 0, 0, 0, 0}, "up", {"192.0.2.7", "2001:db8::7"}},
        {{"wlan\x1b", 0, 0, 0, 0, 0, 0, 0, 0}, "down", {}}};
    EXPECT_EQ(network_table(rows),
              "Interface  State  Received  Sent  Addresses\n"
              "eth0       up           30  2000  192.0.2.7, 2001:db8::7\n"
              "wlan\\x1b   down          0     0  -\n");
}

TEST(NetworkCommand, ARecordedTreeShowsItsStatesAndNoneOfThisMachinesAddresses) {
    auto sampler = test::sampler_of(test::tree_path("pi4"));
    const auto result = network(sampler, 0);
    EXPECT_THAT(result.out, HasSubstr("eth0       up"));
    EXPECT_THAT(result.out, HasSubstr("wlan0      down"));
    EXPECT_EQ(result.out.find("127.0.0.1"), std::string::npos);
}

TEST(NetworkCommand, AnInterfaceNameCannotChooseAnotherFile) {
    const test::TempTree tree;
    tree.write("proc/net/dev", "../../../secret: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    tree.write("secret/operstate", "stolen\n");
    auto sampler = test::sampler_of(tree.path());
    EXPECT_EQ(network(sampler, 0).out.find("stolen"), std::string::npos);
}

}  // namespace pncp::builtin
