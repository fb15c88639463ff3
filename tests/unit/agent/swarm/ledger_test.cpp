#include "agent/swarm/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::swarm {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SwarmLedger, EachThingThatHappensIsOneLine) {
    const test::TemporaryFolder folder;
    auto ledger = Ledger::open(folder / "ledger");
    ASSERT_TRUE(ledger.ok());
    ledger->sample("swarm-1", Id16{{0xab}}, 4);
    ledger->acknowledged("swarm-1", Id16{{0xab}}, 3);
    ledger->ran("swarm-2", Id16{{1}});
    const std::string zeros(30, '0');
    EXPECT_EQ(text_of(folder / "ledger"), "sample swarm-1 ab" + zeros + " 4\nacked swarm-1 ab" + zeros +
                                              " 3\nran swarm-2 01" + zeros + "\n");
}

TEST(SwarmLedger, AnotherRunWritesBehindTheFirst) {
    const test::TemporaryFolder folder;
    for (const std::uint64_t number : {1U, 2U}) {
        auto ledger = Ledger::open(folder / "ledger");
        ASSERT_TRUE(ledger.ok());
        ledger->sample("a", {}, number);
    }
    const std::string text = text_of(folder / "ledger");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(SwarmLedger, WithoutAPathNothingIsKept) {
    auto ledger = Ledger::open("");
    ASSERT_TRUE(ledger.ok());
    ledger->sample("a", {}, 1);
}

TEST(SwarmLedger, APathThatCantBeWrittenIsNamed) {
    const auto ledger = Ledger::open("/nowhere/at/all");
    ASSERT_FALSE(ledger.ok());
    EXPECT_NE(ledger.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace pncp::swarm
