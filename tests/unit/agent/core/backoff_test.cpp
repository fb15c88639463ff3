#include "agent/core/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pncp::agent {
namespace {

TEST(Backoff, CeilingDoublesToThirtySecondsAndStaysThere) {
    Backoff backoff(1);
    std::int64_t expected = 500;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(backoff.ceiling_ms(), expected);
        const std::int64_t pause = backoff.next_pause_ms();
        EXPECT_GE(pause, Backoff::kShortestMs);
        EXPECT_LE(pause, expected);
        expected = std::min<std::int64_t>(2 * expected, 30'000);
    }
    backoff.reset();
    EXPECT_EQ(backoff.ceiling_ms(), 500);
}

TEST(Backoff, AFleetSpreadsOverTheWholeRange) {
    std::set<std::int64_t> tenths;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed)
        tenths.insert(Backoff(seed).next_pause_ms() * 10 / 501);
    EXPECT_EQ(tenths.size(), 9U + 1U);
}

TEST(Backoff, TheSameSeedGivesTheSamePauses) {
    Backoff a(7);
    Backoff b(7);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next_pause_ms(), b.next_pause_ms());
}

}  // namespace
}  // namespace pncp::agent
