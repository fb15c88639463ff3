// The spool's policy with a disk: what is written when, what leaves memory, what is lost and declared.
#include <gtest/gtest.h>

#include <set>

#include "agent/core/spool.hpp"
#include "schema/codec.hpp"
#include "tests/unit/agent/core/fake_disk.hpp"

namespace pncp::agent {
namespace {

constexpr std::int64_t kSpillMs = 60'000;

struct SpoolDisk : ::testing::Test {
    Id16 id{1};
    Spool spool{id, "boot", 1'000'000};
    testing::FakeDisk disk;
    std::int64_t now_ms = 1'000'000;

    SpoolDisk() {
        (void)disk.begin(id, "boot");
        spool.use_disk(kSpillMs);
    }
    [[nodiscard]] Clock clock() const { return {now_ms, 0, false}; }

    void add(int rows, std::size_t body = 100, Stream stream = Stream::metrics) {
        for (int i = 0; i < rows; ++i)
            spool.add(stream, stream == Stream::metrics ? RowKind::metrics : RowKind::result, clock(),
                      Bytes(body));
    }
    /// What the agent does after every event.
    void work(Spool& of) {
        Actions actions;
        if (of.spill_bytes(clock()) > 0) of.spill(actions);
        of.disk_chores(actions);
        for (std::size_t i = 0; i < actions.size(); ++i) {
            if (const auto* write = std::get_if<SpoolAppend>(&actions[i]))
                of.on_appended(write->stream, disk.append(*write).ok(), now_ms);
            if (const auto* read = std::get_if<SpoolRead>(&actions[i]))
                of.on_read(read->stream, read->extent, disk.read(*read));
            if (const auto* gone = std::get_if<SpoolDelete>(&actions[i])) disk.remove(*gone);
        }
    }
    void work() { work(spool); }
    void pass(std::int64_t ms) {
        now_ms += ms;
        work();
    }
    /// Takes everything as a quick broker would; the numbers of the rows of one stream, in order.
    std::vector<std::uint64_t> drain(Spool& of, Stream stream = Stream::metrics) {
        std::vector<std::uint64_t> seen;
        for (int idle = 0; idle < 3;) {
            work(of);
            const auto batch = of.next_batch(clock());
            if (!batch) {
                ++idle;
                continue;
            }
            idle = 0;
            StreamHeads heads = of.acknowledged();
            for (const Row& row : batch->rows) {
                EXPECT_GT(row.seq, heads.of(row.stream));
                heads.of(row.stream) = row.seq;
                if (row.stream == stream) seen.push_back(row.seq);
            }
            of.acknowledge(heads, now_ms);
        }
        return seen;
    }
    static std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint64_t> made;
        for (; first <= last; ++first) made.push_back(first);
        return made;
    }
};

TEST_F(SpoolDisk, NothingIsWrittenWhileEverythingIsAcknowledgedWithinAMinute) {
    spool.resume({});
    for (int i = 0; i < 1'000; ++i) {
        add(1);
        (void)spool.next_batch(clock());
        pass(10'000);
        spool.acknowledge(spool.heads(), now_ms);
    }
    EXPECT_EQ(disk.writes, 0U);
}

TEST_F(SpoolDisk, WhatWaitedAMinuteIsWrittenOnceAMinuteAndLeavesMemory) {
    for (int i = 0; i < 60; ++i) {
        add(1);
        pass(10'000);
    }
    EXPECT_LE(disk.writes, 10U);
    EXPECT_GE(disk.writes, 8U);
    EXPECT_LE(spool.bytes(), 7 * (Spool::kRowCost + 100));
    EXPECT_EQ(spool.wake_at_ms().has_value(), spool.bytes() > 0);
}

TEST_F(SpoolDisk, EverythingComesBackInOrderFromDiskAndMemory) {
    for (int i = 0; i < 500; ++i) {
        add(2, 900);
        pass(10'000);
    }
    EXPECT_LT(spool.bytes(), 50'000U);
    spool.resume({});
    EXPECT_EQ(drain(spool), range(1, 1'000));
    EXPECT_TRUE(spool.empty());
    EXPECT_EQ(disk.segments(), 0U) << "what is acknowledged is deleted";
}

TEST_F(SpoolDisk, ReadingBackTakesAWindowOfMemory) {
    for (int i = 0; i < 200; ++i) {
        add(20, 900);
        pass(60'000);
    }
    const std::size_t before = spool.bytes();
    spool.resume({});
    std::size_t most = 0;
    for (int i = 0; i < 2'000; ++i) {
        work();
        const auto batch = spool.next_batch(clock());
        most = std::max(most, spool.bytes());
        if (i % 10 == 0) spool.acknowledge({spool.acknowledged().metrics + 5, 0}, now_ms);
        (void)batch;
    }
    EXPECT_LT(most, before + 700'000);
}

TEST_F(SpoolDisk, ALostSessionInTheMiddleOfTheBacklogLosesAndDoublesNothing) {
    for (int i = 0; i < 300; ++i) {
        add(1, 900);
        pass(20'000);
    }
    spool.resume({});
    std::uint64_t head = 0;
    for (int i = 0; i < 5; ++i) {
        work();
        if (const auto batch = spool.next_batch(clock())) head = batch->rows.back().seq;
        spool.acknowledge({head / 2, 0}, now_ms);
    }
    ASSERT_GT(head, 10U);
    spool.suspend();
    add(3, 900);
    spool.resume({head, 0});
    EXPECT_EQ(drain(spool), range(head + 1, 303));
}

TEST_F(SpoolDisk, MemoryThatFillsWithinAMinuteIsWrittenRatherThanDropped) {
    Spool small(id, "boot", 20'000);
    small.use_disk(kSpillMs);
    for (int i = 0; i < 200; ++i) {
        small.add(Stream::metrics, RowKind::metrics, clock(), Bytes(1'000));
        work(small);
        EXPECT_LE(small.bytes(), 20'000 + 1'000 + Spool::kRowCost);
    }
    EXPECT_EQ(small.dropped(), 0U);
    small.resume({});
    EXPECT_EQ(drain(small), range(1, 200));
}

TEST_F(SpoolDisk, AFullDiskFallsBackToMemoryAndGapsAndComesBackWhenThereIsRoom) {
    Spool small(id, "boot", 20'000);
    small.use_disk(kSpillMs);
    disk.bytes_max = 30'000;
    const auto make = [&](int rows) {
        for (int i = 0; i < rows; ++i) {
            small.add(Stream::metrics, RowKind::metrics, clock(), Bytes(1'000));
            now_ms += 10'000;
            work(small);
        }
    };
    make(100);
    EXPECT_FALSE(small.disk_works());
    EXPECT_GT(small.dropped(), 0U);
    EXPECT_LE(small.bytes(), 20'000U);
    disk.bytes_max = 10'000'000;
    make(10);
    EXPECT_TRUE(small.disk_works());
    small.resume({});
    std::set<std::uint64_t> there;
    std::vector<GapBody> gaps;
    for (int idle = 0; idle < 3;) {
        work(small);
        const auto batch = small.next_batch(clock());
        if (!batch) {
            ++idle;
            continue;
        }
        idle = 0;
        StreamHeads heads = small.acknowledged();
        for (const Row& row : batch->rows) {
            heads.of(row.stream) = row.seq;
            if (row.kind == RowKind::gap) gaps.push_back(*decode<GapBody>(row.body));
            if (row.kind != RowKind::metrics) continue;
            EXPECT_TRUE(there.insert(row.seq).second) << row.seq;
        }
        small.acknowledge(heads, now_ms);
    }
    for (std::uint64_t seq = 1; seq <= 110; ++seq) {
        bool declared = false;
        for (const GapBody& gap : gaps) declared = declared || (gap.first <= seq && seq <= gap.last);
        EXPECT_NE(there.contains(seq), declared) << "row " << seq << " is there, or declared lost";
    }
}

TEST_F(SpoolDisk, WhatCannotBeReadBackIsDeclared) {
    for (int i = 0; i < 30; ++i) {
        add(1);
        pass(60'000);
    }
    disk.readable = false;
    spool.resume({});
    EXPECT_TRUE(drain(spool, Stream::metrics).size() <= 2);
    EXPECT_GE(spool.dropped(), 28U);
    EXPECT_EQ(spool.heads().results, 1U) << "a GAP row";
    EXPECT_TRUE(spool.empty());
}

TEST_F(SpoolDisk, OldestSegmentsGoFirstWhenTheDiskSpoolIsFull) {
    for (int i = 0; i < 40; ++i) {
        add(60, 1'000);
        pass(60'000);
    }
    ASSERT_GE(disk.segments(), 2U);
    ASSERT_TRUE(spool.drop_oldest_on_disk(Stream::metrics));
    EXPECT_FALSE(spool.drop_oldest_on_disk(Stream::results));
    work();
    const std::uint64_t lost = spool.dropped();
    ASSERT_GT(lost, 0U);
    spool.resume({});
    EXPECT_EQ(drain(spool), range(lost + 1, 2'400));
}

TEST_F(SpoolDisk, AFlushAtTheStopLeavesAFormerSpoolThatLacksNothing) {
    add(10);
    pass(60'000);
    add(5);
    add(2, 100, Stream::results);
    spool.flush_all(clock());
    work();
    ASSERT_TRUE(spool.flushed());
    disk.close({spool.heads()});
    auto formers = disk.begin(Id16{2}, "boot 2");
    ASSERT_EQ(formers.size(), 1U);
    EXPECT_TRUE(formers[0].clean);
    EXPECT_EQ(formers[0].heads, (StreamHeads{15, 2}));
    Spool former(std::move(formers[0]), "boot 2", 1'000'000);
    former.resume({3, 0});
    EXPECT_EQ(drain(former), range(4, 15));
    EXPECT_TRUE(former.empty());
    EXPECT_TRUE(former.whole());
    EXPECT_EQ(former.acknowledged(), former.heads());
}

TEST_F(SpoolDisk, OfAFormerSpoolTheBrokerMayHoldMoreThanTheDisk) {
    add(10);
    pass(60'000);
    auto formers = disk.begin(Id16{2}, "boot");
    Spool former(std::move(formers[0]), "boot", 1'000'000);
    EXPECT_FALSE(former.whole());
    former.resume({4, 7});
    EXPECT_TRUE(former.acknowledge({20, 9}, now_ms));
    work(former);
    EXPECT_TRUE(former.empty());
    EXPECT_EQ(former.heads(), (StreamHeads{20, 9}));
}

TEST_F(SpoolDisk, RowsOfAnEarlierBootHaveNoAge) {
    add(1);
    pass(60'000);
    auto formers = disk.begin(Id16{2}, "boot 2");
    Spool former(std::move(formers[0]), "boot 2", 1'000'000);
    former.resume({});
    work(former);
    const auto batch = former.next_batch(clock());
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->boot_id, "boot");
    EXPECT_EQ(batch->sent_boot_ms, 0);
}

}  // namespace
}  // namespace pncp::agent
