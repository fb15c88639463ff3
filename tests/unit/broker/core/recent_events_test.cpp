// What was committed a moment ago is found in memory; what is older makes room.
#include "broker/core/recent_events.hpp"

#include <gtest/gtest.h>

namespace pncp::broker {
namespace {

std::shared_ptr<const journal::Group> group(std::uint64_t first, std::size_t count, std::size_t bytes) {
    auto made = std::make_shared<journal::Group>();
    for (std::size_t i = 0; i < count; ++i) {
        journal::StoredEvent event;
        event.seq = first + i;
        event.event.resize(bytes);
        made->events.push_back(std::move(event));
    }
    return made;
}

TEST(RecentEvents, AreFoundByTheirSequence) {
    RecentEvents recent;
    EXPECT_EQ(recent.find(1), nullptr);
    recent.keep(group(5, 3, 10));
    recent.keep(group(8, 1, 10));
    EXPECT_EQ(recent.find(4), nullptr);
    for (std::uint64_t seq = 5; seq <= 8; ++seq) ASSERT_EQ(recent.find(seq)->seq, seq);
    EXPECT_EQ(recent.find(9), nullptr);
}

TEST(RecentEvents, OfARecoveredJournalLeaveAHoleBefore) {
    RecentEvents recent;
    recent.keep(std::make_shared<journal::Group>());
    recent.keep(group(1'000, 2, 10));
    EXPECT_EQ(recent.find(999), nullptr);
    EXPECT_EQ(recent.find(1'001)->seq, 1'001U);
}

TEST(RecentEvents, TakeNoMoreThanTheirRoomAndKeepTheNewest) {
    RecentEvents recent;
    std::uint64_t seq = 1;
    for (std::size_t bytes = 0; bytes < 2 * RecentEvents::kMostBytes; bytes += 10 * 10'000, seq += 10)
        recent.keep(group(seq, 10, 10'000));
    EXPECT_EQ(recent.find(1), nullptr);
    EXPECT_NE(recent.find(seq - 1), nullptr);
    std::size_t kept = 0;
    for (std::uint64_t one = 1; one < seq; ++one) kept += recent.find(one) != nullptr ? 1 : 0;
    EXPECT_LE(kept * 10'000, RecentEvents::kMostBytes);
    EXPECT_GE(kept * 10'000, RecentEvents::kMostBytes * 9 / 10);
}

}  // namespace
}  // namespace pncp::broker
