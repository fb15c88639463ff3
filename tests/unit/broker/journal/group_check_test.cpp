#include "broker/journal/group_check.hpp"

#include <limits>

#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

TEST(GroupCheck, HeadsFollowTheEvents) {
    Numbering numbering;
    const auto heads =
        heads_after({}, {numbering.next(EventClass::metrics, "pi-1"), numbering.next(EventClass::audit, ""),
                         numbering.next(EventClass::metrics, "pi-2")});
    ASSERT_TRUE(heads.ok());
    EXPECT_EQ(heads->global, 3U);
    EXPECT_EQ(heads->classes[static_cast<std::size_t>(EventClass::metrics)], 2U);
    EXPECT_EQ(heads->classes[static_cast<std::size_t>(EventClass::audit)], 1U);
}

TEST(GroupCheck, AHoleInTheGlobalSequenceIsRefused) {
    Numbering numbering;
    auto event = numbering.next(EventClass::metrics, "pi-1");
    event.seq = 2;
    const auto heads = heads_after({}, {event});
    ASSERT_FALSE(heads.ok());
    EXPECT_NE(heads.error().message.find("stands at sequence 0 and was given 2"), std::string::npos);
}

TEST(GroupCheck, AHoleInAClassSequenceIsRefused) {
    Numbering numbering;
    auto event = numbering.next(EventClass::status, "pi-1");
    event.class_seq = 5;
    const auto heads = heads_after({}, {event});
    ASSERT_FALSE(heads.ok());
    EXPECT_NE(heads.error().message.find("class status"), std::string::npos);
}

TEST(GroupCheck, ATopicOfAnotherClassIsRefused) {
    Numbering numbering;
    auto event = numbering.next(EventClass::status, "pi-1");
    event.topic = "metrics/pi-1/";
    EXPECT_FALSE(heads_after({}, {event}).ok());
}

TEST(GroupCheck, SequencesEndWhereSqliteIntegersEnd) {
    SequenceHeads heads;
    heads.global = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    Numbering numbering;
    auto event = numbering.next(EventClass::status, "pi-1");
    event.seq = heads.global + 1;
    EXPECT_FALSE(heads_after(heads, {event}).ok());
}

TEST(GroupCheck, ARowMayJumpButNotRepeat) {
    StreamHeads heads{10, 0};
    EXPECT_TRUE(raise_head(heads, {"pi-1", id16(1), Stream::metrics, 15}).ok());
    EXPECT_EQ(heads.metrics, 15U);
    const Status again = raise_head(heads, {"pi-1", id16(1), Stream::metrics, 15});
    ASSERT_FALSE(again.ok());
    EXPECT_NE(again.error().message.find("row 15 of metrics of agent pi-1"), std::string::npos);
    EXPECT_TRUE(raise_head(heads, {"pi-1", id16(1), Stream::results, 1}).ok());
}

}  // namespace
}  // namespace pncp::journal
