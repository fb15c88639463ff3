#include "broker/influx_bridge/batcher.hpp"

#include <gtest/gtest.h>

namespace pncp::influx {
namespace {

void add(Batcher& batcher, std::uint64_t seq, std::int64_t now_ms) {
    LineBuilder line(batcher.lines(), "m");
    line.int_field("a", 1);
    ASSERT_TRUE(line.finish(static_cast<std::int64_t>(seq)));
    batcher.added({{}, seq, seq}, now_ms);
}

TEST(Batcher, ABatchIsDueByAgeOfItsFirstEvent) {
    Batcher batcher({.age_ms = 500});
    EXPECT_FALSE(batcher.due(1'000'000));
    add(batcher, 1, 1'000);
    add(batcher, 2, 1'400);
    EXPECT_EQ(batcher.due_at_ms(), 1'500);
    EXPECT_FALSE(batcher.due(1'499));
    EXPECT_TRUE(batcher.due(1'500));
}

TEST(Batcher, ABatchIsDueAndFullByCountOrBytes) {
    Batcher by_count({.lines = 2});
    add(by_count, 1, 0);
    EXPECT_FALSE(by_count.full());
    add(by_count, 2, 0);
    EXPECT_TRUE(by_count.full() && by_count.due(0));

    Batcher by_bytes({.bytes = 10});
    add(by_bytes, 1, 0);
    add(by_bytes, 2, 0);
    EXPECT_TRUE(by_bytes.full() && by_bytes.due(0));
}

TEST(Batcher, ABatchRemembersTheLastMarkAndTheNextStartsEmpty) {
    Batcher batcher;
    add(batcher, 1, 0);
    add(batcher, 2, 0);
    const Batch batch = batcher.take();
    EXPECT_EQ(batch.mark.stored, 2U);
    EXPECT_EQ(batch.lines.count(), 2U);
    EXPECT_TRUE(batcher.empty());
    EXPECT_EQ(batcher.lines().count(), 0U);
}

TEST(Batcher, EventsWithoutLinesMoveTheMarkToo) {
    Batcher batcher({.age_ms = 500});
    batcher.added({{}, 7, 7}, 0);
    EXPECT_TRUE(batcher.due(500));
    EXPECT_EQ(batcher.take().mark.stored, 7U);
}

}  // namespace
}  // namespace pncp::influx
