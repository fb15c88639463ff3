// Retention: what goes, what stays, and that no head ever falls by it.
#include <sqlite3.h>

#include <random>

#include "broker/journal/memory_store.hpp"
#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

constexpr std::int64_t kFirstNs = 1'700'000'000'000'000'000;  // event n of Numbering is dated n ns later
constexpr std::int64_t kNow = std::numeric_limits<std::int64_t>::max();

Retention rule_of(std::uint64_t passed, std::int64_t old_before_ns) {
    Retention rule;
    rule.passed = passed;
    rule.old_before_ns = old_before_ns;
    return rule;
}

/// Slices until nothing is due any more.
std::vector<SpoolName> trim_all(Store& store, const Retention& rule, std::size_t slice = 7) {
    std::vector<SpoolName> spools;
    for (;;) {
        const auto trimmed = store.trim(rule, slice);
        if (!trimmed) throw std::runtime_error(trimmed.error().text());
        spools.insert(spools.end(), trimmed->spools.begin(), trimmed->spools.end());
        if (!trimmed->more) return spools;
    }
}

template <typename Kind>
class Retaining : public ::testing::Test {
  protected:
    Retaining() { open(); }
    Store& store() { return *store_; }
    void open() {
        if constexpr (std::is_same_v<Kind, MemoryStore>) {
            if (!store_) store_ = std::make_unique<MemoryStore>(id16(7));
        } else {
            store_.reset();
            store_ = open_or_throw(options_for(folder_.file("journal.sqlite")));
        }
    }
    Status add(std::vector<StoredEvent> events) { return store_->commit(group_of(std::move(events))); }
    void add_many(EventClass event_class, std::size_t count) {
        std::vector<StoredEvent> events;
        for (std::size_t i = 0; i < count; ++i) events.push_back(numbering_.next(event_class, "pi-1"));
        ASSERT_TRUE(succeeded(add(std::move(events))));
    }

    TemporaryFolder folder_;
    std::unique_ptr<Store> store_;
    Numbering numbering_;
};
using Kinds = ::testing::Types<MemoryStore, SqliteStore>;
TYPED_TEST_SUITE(Retaining, Kinds);

TYPED_TEST(Retaining, WhatIsOldAndPassedGoesAndNothingElse) {
    this->add_many(EventClass::metrics, 100);
    trim_all(this->store(), rule_of(40, kNow));
    EXPECT_EQ(this->store().state().oldest, 41U) << "41 is old, but not passed";
    trim_all(this->store(), rule_of(100, kFirstNs + 61));
    EXPECT_EQ(this->store().state().oldest, 61U) << "61 is passed, but not old";
    EXPECT_EQ(read_sequences(this->store(), "").size(), 40U);
    EXPECT_EQ(read_sequences(this->store(), "metrics/").front(), 61U);
    EXPECT_EQ(this->store().state().trimmed, 60U);
    EXPECT_EQ(this->store().state().trimmed_unpassed, 0U);
    const auto page = this->store().read(10, "", 5, 10'000);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->oldest, 61U);
    EXPECT_EQ(page->rows.front().seq, 61U);
    EXPECT_EQ(this->store().read_some({60, 61, 1}, 10'000)->size(), 1U);
}

TYPED_TEST(Retaining, ASliceDeletesNoMoreThanItWasAskedTo) {
    this->add_many(EventClass::metrics, 100);
    const auto trimmed = this->store().trim(rule_of(100, kNow), 30);
    ASSERT_TRUE(trimmed.ok());
    EXPECT_TRUE(trimmed->more);
    EXPECT_EQ(this->store().state().oldest, 31U);
}

TYPED_TEST(Retaining, AnEmptiedJournalGoesOnFromItsHeadsAfterARestartToo) {
    this->add_many(EventClass::audit, 3);
    this->add_many(EventClass::metrics, 10);
    trim_all(this->store(), rule_of(13, kNow));
    EXPECT_EQ(this->store().state().oldest, 0U);
    this->open();
    auto recovered = this->store().recover();
    ASSERT_TRUE(recovered.ok());
    EXPECT_EQ(recovered->head, 13U);
    EXPECT_EQ(recovered->oldest, 0U);
    EXPECT_EQ(recovered->class_heads.at(static_cast<std::size_t>(EventClass::audit)), 3U);
    this->add_many(EventClass::metrics, 1);
    EXPECT_EQ(this->store().recover()->oldest, this->store().recover()->head);
    EXPECT_EQ(read_sequences(this->store(), ""), (std::vector<std::uint64_t>{14}));
}

TYPED_TEST(Retaining, ARowThatWasDeletedIsNotTakenASecondTime) {
    const Origin origin{"pi-1", id16(1), Stream::metrics, 1};
    ASSERT_TRUE(succeeded(this->add({this->numbering_.row(origin)})));
    trim_all(this->store(), rule_of(1, kNow));
    this->open();
    EXPECT_FALSE(this->add({this->numbering_.row(origin)}).ok());
}

TYPED_TEST(Retaining, HeadsOfASpoolStayWhileItIsItsAgentsOrItsRowsAreHeldOrItIsRecent) {
    for (const auto spool : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}})
        ASSERT_TRUE(succeeded(this->add({this->numbering_.row({"pi-1", id16(spool), Stream::results, 9})})));
    Retention rule = rule_of(2, kNow);
    rule.spools_before_us = kNow;
    EXPECT_TRUE(trim_all(this->store(), rule).empty()) << "which spool is the agent's is not known";
    this->open();
    Group group;
    group.agents.resize(1);
    group.agents[0].id = "pi-1";
    group.agents[0].spool = id16(1);
    ASSERT_TRUE(succeeded(this->store().commit(group)));
    rule.spools_before_us = kFirstNs / 1000;
    EXPECT_TRUE(trim_all(this->store(), rule).empty()) << "its last row is not that old";
    this->open();
    rule.spools_before_us = kFirstNs / 1000 + 700'000'000;
    EXPECT_EQ(trim_all(this->store(), rule), (std::vector<SpoolName>{{"pi-1", id16(2)}}))
        << "1 is the agent's own, a row of 3 is held";
    EXPECT_EQ(this->store().recover()->spools.size(), 2U);
}

// --- by size -----------------------------------------------------------------------------------------

class Capped : public ::testing::Test {
  protected:
    Capped() {
        options_.max_bytes = 1 << 20;
        store_ = open_or_throw(options_);
    }
    /// 20 events of 1 kB of pi-1; trims after it, as the journal's thread does.
    Status add(std::uint64_t passed) {
        Group group;
        for (int i = 0; i < 20; ++i)
            group.events.push_back(numbering_.row({"pi-1", id16(1), Stream::metrics, ++row_}, 1000));
        const Status status = store_->commit(group);
        if (status) {
            const auto trimmed = store_->trim(rule_of(passed, std::numeric_limits<std::int64_t>::min()), 256);
            EXPECT_TRUE(trimmed.ok()) << trimmed.error().text();
        }
        return status;
    }
    TemporaryFolder folder_;
    SqliteOptions options_ = options_for(folder_.file("journal.sqlite"));
    std::unique_ptr<SqliteStore> store_;
    Numbering numbering_;
    std::uint64_t row_ = 0;
};

TEST_F(Capped, WhatEverybodyHasPassedMakesRoomForeverAndTheFileKeepsItsSize) {
    for (std::uint64_t i = 0; i < 500; ++i) {
        ASSERT_TRUE(succeeded(add(i * 20)));
        ASSERT_GT(store_->state().metrics_room_bytes, 0U);
    }
    EXPECT_EQ(store_->state().trimmed_unpassed, 0U);
    EXPECT_LE(std::filesystem::file_size(options_.path), options_.max_bytes);
    EXPECT_GT(read_sequences(*store_, "").size(), 300U) << "it is used, not emptied";
}

TEST_F(Capped, WithinTheCapNothingUnpassedGoesAndBeyondItTheOldestDoes) {
    std::uint64_t within = 0;
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(succeeded(add(100)));
        if (store_->state().trimmed_unpassed == 0) within = store_->state().head;
    }
    EXPECT_GT(within, 500U);
    const StoreState state = store_->state();
    EXPECT_GT(state.trimmed_unpassed, 0U);
    EXPECT_EQ(state.trimmed, state.oldest - 1);
    EXPECT_EQ(state.trimmed_unpassed, state.trimmed - 100);
    EXPECT_GT(state.metrics_room_bytes, 0U);
    EXPECT_EQ(read_sequences(*store_, "").front(), state.oldest);
}

TEST_F(Capped, WithoutRetentionMetricsHaveNoRoomLongBeforeACommitFails) {
    std::size_t after = 0;
    for (int i = 0; i < 400; ++i) {
        Group group = group_of({numbering_.next(EventClass::audit, "ada", 4000)});
        if (!store_->commit(group)) break;
        if (store_->state().metrics_room_bytes == 0) ++after;
    }
    EXPECT_TRUE(store_->full());
    EXPECT_EQ(store_->state().metrics_room_bytes, 0U);
    EXPECT_GT(after, 8U) << "64 KiB of audit after the last metrics";
    trim_all(*store_, rule_of(1'000, kNow));
    EXPECT_GT(store_->state().metrics_room_bytes, 0U) << "by itself";
}

TEST_F(Capped, EndedJobsOfWhichNothingIsHeldAreForgotten) {
    Group group = group_of({numbering_.next(EventClass::job, "x"), numbering_.next(EventClass::job, "y")});
    group.jobs = {{id16(1), 1, 0, true}, {id16(2), 1, 0, false}, {id16(3), 2, 0, true}};
    ASSERT_TRUE(succeeded(store_->commit(group)));
    Retention rule = rule_of(1, kNow);
    rule.spools_before_us = kNow;
    trim_all(*store_, rule);
    ASSERT_EQ(store_->recover()->jobs.size(), 2U);
}

TEST(RetentionProperty, SequencesStayDenseNothingUnpassedGoesWithinTheCapAndNoHeadFalls) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto below = [&](std::uint64_t limit) { return random() % limit; };
        const TemporaryFolder folder;
        SqliteOptions options = options_for(folder.file("journal.sqlite"));
        options.synchronous = Synchronous::normal;
        options.max_bytes = (seed % 2 == 0) ? 1 << 20 : 0;
        auto store = open_or_throw(options);
        Numbering numbering;
        std::uint64_t cursor = 0, head = 0, row = 0;
        std::array<std::uint64_t, kEventClasses> classes{};
        for (int turn = 0; turn < 400; ++turn) {
            Group group;
            const auto numbering_before = numbering;
            const auto row_before = row;
            for (std::uint64_t i = 0; i < 1 + below(20); ++i) {
                const auto event_class = static_cast<EventClass>(below(kEventClasses));
                group.events.push_back(below(2) == 0
                                           ? numbering.next(event_class, "x", below(3000))
                                           : numbering.row({"pi-1", id16(1), Stream::metrics, ++row}, 500));
            }
            cursor += below(head - cursor + 1);
            group.cursors = {{"log-writer", cursor}};
            if (store->commit(group)) {
                head += group.events.size();
                for (const auto& event : group.events)
                    classes[static_cast<std::size_t>(event.event_class)] = event.class_seq;
            } else {
                ASSERT_TRUE(store->full());
                numbering = numbering_before;
                row = row_before;
            }
            const StoreState before = store->state();
            ASSERT_TRUE(store
                            ->trim(rule_of(cursor, kFirstNs + static_cast<std::int64_t>(below(head + 1))),
                                   1 + below(300))
                            .ok());
            const StoreState after = store->state();
            if (options.max_bytes == 0) {
                ASSERT_TRUE(after.oldest > 0 ? after.oldest <= cursor + 1 : cursor == head);
            }
            if (after.trimmed_unpassed > before.trimmed_unpassed) {
                ASSERT_GT(before.used_bytes, options.max_bytes * 3 / 4) << "only near the cap";
            }
            if (below(40) == 0) store = open_or_throw((store.reset(), options));
            const auto recovered = store->recover();
            ASSERT_EQ(recovered->head, head);
            for (std::size_t i = 0; i < kEventClasses; ++i) ASSERT_EQ(recovered->class_heads[i], classes[i]);
            if (row > 0) {
                ASSERT_EQ(recovered->spools.at(0).heads.metrics, row);
            }
            if (turn % 50 != 0) continue;
            const auto held = read_sequences(*store, "");
            ASSERT_EQ(held.size(), recovered->oldest == 0 ? 0 : head - recovered->oldest + 1);
            for (std::size_t i = 0; i < held.size(); ++i) ASSERT_EQ(held[i], recovered->oldest + i);
        }
    }
}

TEST(Migration, AJournalOfVersionOneIsBroughtUpAndLosesNothing) {
    const TemporaryFolder folder;
    const SqliteOptions options = options_for(folder.file("journal.sqlite"));
    {
        const auto store = open_or_throw(options);
        Numbering numbering;
        Group group = group_of({numbering.row({"pi-1", id16(1), Stream::metrics, 5})});
        group.cursors = {{"log-writer", 1}};
        ASSERT_TRUE(succeeded(store->commit(group)));
    }
    {
        sqlite3* raw = nullptr;
        ASSERT_EQ(sqlite3_open(options.path.c_str(), &raw), SQLITE_OK);
        const DatabaseHandle database(raw);
        ASSERT_EQ(
            sqlite3_exec(raw,
                         "ALTER TABLE spools DROP COLUMN last_seq; ALTER TABLE spools DROP COLUMN last_us;"
                         "ALTER TABLE cursors DROP COLUMN heard_us; PRAGMA user_version=1",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
            << sqlite3_errmsg(raw);
    }
    const auto store = open_or_throw(options);
    const auto recovered = store->recover();
    ASSERT_TRUE(recovered.ok());
    EXPECT_EQ(recovered->head, 1U);
    EXPECT_EQ(recovered->spools.at(0).heads.metrics, 5U);
    EXPECT_EQ(recovered->cursors.at(0), (CursorRecord{"log-writer", 1, 0, false}));
    Retention rule = rule_of(0, kNow);
    rule.spools_before_us = kFirstNs / 1000 - 1;
    EXPECT_TRUE(trim_all(*store, rule).empty());
}

}  // namespace
}  // namespace pncp::journal
