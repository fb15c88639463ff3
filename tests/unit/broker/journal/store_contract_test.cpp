// The contract of Store, run against both stores.
#include "broker/journal/memory_store.hpp"
#include "schema/limits.hpp"
#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

class MemoryMaker {
  public:
    Store& store() { return store_; }
    void restart() {}

  private:
    MemoryStore store_{id16(7)};
};

class SqliteMaker {
  public:
    SqliteMaker() { restart(); }
    Store& store() { return *store_; }
    void restart() {
        store_.reset();
        store_ = open_or_throw(options_for(folder_.file("journal.sqlite")));
    }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<SqliteStore> store_;
};

template <typename Maker>
class StoreContract : public ::testing::Test {
  protected:
    Store& store() { return maker_.store(); }
    Recovered restarted() {
        maker_.restart();
        auto recovered = maker_.store().recover();
        if (!recovered) throw std::runtime_error(recovered.error().text());
        return std::move(*recovered);
    }
    Status commit(std::vector<StoredEvent> events) { return store().commit(group_of(std::move(events))); }

    Maker maker_;
    Numbering numbering_;
};

struct MakerName {
    template <typename Maker>
    static std::string GetName(int) {  // NOLINT(readability-identifier-naming): GoogleTest calls it so
        return std::is_same_v<Maker, SqliteMaker> ? "Sqlite" : "Memory";
    }
};
using Makers = ::testing::Types<MemoryMaker, SqliteMaker>;
TYPED_TEST_SUITE(StoreContract, Makers, MakerName);

TYPED_TEST(StoreContract, ANewJournalIsEmptyAndBearsTheIdItWasGiven) {
    const Recovered found = this->restarted();
    EXPECT_EQ(found.journal, id16(7));
    EXPECT_EQ(found.head, 0U);
    EXPECT_EQ(found.oldest, 0U);
    EXPECT_EQ(found.class_heads, std::vector<std::uint64_t>(kEventClasses, 0));
    EXPECT_TRUE(found.agents.empty() && found.spools.empty() && found.jobs.empty() && found.cursors.empty());
    const auto page = this->store().read(0, "", 10, 1000);
    ASSERT_TRUE(page.ok());
    EXPECT_TRUE(page->rows.empty());
    EXPECT_EQ(page->next, 0U);
}

TYPED_TEST(StoreContract, ARestartFindsEverything) {
    auto& n = this->numbering_;
    Group group =
        group_of({n.row({"pi-1", id16(1), Stream::metrics, 4}), n.row({"pi-1", id16(1), Stream::results, 9}),
                  n.row({"pi-1", id16(2), Stream::metrics, 1}), n.next(EventClass::audit, "")});
    AgentRecord agent{"pi-1", id16(2), {7, 8}, true, true, 123, "came", "1.2", "boot", -5, true, {1, 0, 2}};
    group.agents = {agent, {"pi-2", {}, {}, false, false, 0, "", "", "", 0, false, {}}};
    group.jobs = {{id16(3), 4, 1000, false}, {id16(4), 2, 900, true}};
    group.cursors = {{"log-writer", 2}};
    ASSERT_TRUE(succeeded(this->store().commit(group)));
    agent.connected = false;
    agent.reason = "silent";
    Group later;
    later.agents = {agent};
    later.cursors = {{"log-writer", 4}, {"influx-bridge", 1}};
    ASSERT_TRUE(succeeded(this->store().commit(later)));

    const Recovered found = this->restarted();
    EXPECT_EQ(found.head, 4U);
    EXPECT_EQ(found.oldest, 1U);
    EXPECT_EQ(found.class_heads[static_cast<std::size_t>(EventClass::metrics)], 2U);
    EXPECT_EQ(found.class_heads[static_cast<std::size_t>(EventClass::result)], 1U);
    EXPECT_EQ(found.class_heads[static_cast<std::size_t>(EventClass::audit)], 1U);
    ASSERT_EQ(found.agents.size(), 2U);
    EXPECT_EQ(found.agents[0], agent);
    EXPECT_EQ(found.agents[1], group.agents[1]);
    ASSERT_EQ(found.spools.size(), 2U);
    EXPECT_EQ(found.spools[0].heads, (StreamHeads{4, 9}));
    EXPECT_EQ(found.spools[1].spool, id16(2));
    EXPECT_EQ(found.spools[1].heads, (StreamHeads{1, 0}));
    EXPECT_EQ(found.jobs, (std::vector<JobRecord>{group.jobs[1], group.jobs[0]}));
    EXPECT_EQ(found.cursors, (std::vector<CursorRecord>{{"influx-bridge", 1}, {"log-writer", 4}}));

    const auto page = this->store().read(0, "", 10, 1000);
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page->rows.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(page->rows[i], (EventRow{i + 1, group.events[i].event}));
}

TYPED_TEST(StoreContract, OpenJobsAndTheNewestEndedOnesAreRemembered) {
    Group group;
    for (std::uint64_t i = 1; i <= limits::kJobsRemembered + 5; ++i) {
        JobRecord job{{}, i, 0, i != 2};
        store_be(job.job.data(), i);
        group.jobs.push_back(job);
    }
    ASSERT_TRUE(succeeded(this->store().commit(group)));
    const Recovered found = this->restarted();
    ASSERT_EQ(found.jobs.size(), limits::kJobsRemembered + 1);
    EXPECT_EQ(found.jobs[0].first_seq, 2U);
    EXPECT_EQ(found.jobs[1].first_seq, 6U);
    EXPECT_EQ(found.jobs.back().first_seq, limits::kJobsRemembered + 5);
}

TYPED_TEST(StoreContract, AGroupWithAHoleIsRefusedWhole) {
    auto good = this->numbering_.next(EventClass::metrics, "pi-1");
    auto bad = this->numbering_.next(EventClass::metrics, "pi-1");
    bad.seq += 1;
    EXPECT_FALSE(this->commit({good, bad}).ok());
    EXPECT_FALSE(this->store().full());
    EXPECT_TRUE(read_sequences(this->store(), "").empty());
    EXPECT_TRUE(succeeded(this->commit({good})));
}

TYPED_TEST(StoreContract, ARowHeldAlreadyIsRefusedByNameWithItsWholeGroup) {
    ASSERT_TRUE(succeeded(this->commit({this->numbering_.row({"pi-1", id16(1), Stream::metrics, 3})})));
    const Numbering before = this->numbering_;
    Group group = group_of({this->numbering_.row({"pi-2", id16(2), Stream::metrics, 1}),
                            this->numbering_.row({"pi-1", id16(1), Stream::metrics, 3})});
    group.cursors = {{"log-writer", 1}};
    const Status status = this->store().commit(group);
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find("row 3 of metrics of agent pi-1"), std::string::npos);

    const Recovered found = this->restarted();
    EXPECT_EQ(found.head, 1U);
    EXPECT_EQ(found.spools.size(), 1U);
    EXPECT_TRUE(found.cursors.empty());
    this->numbering_ = before;
    EXPECT_TRUE(succeeded(this->commit({this->numbering_.row({"pi-1", id16(1), Stream::metrics, 4})})));
}

TYPED_TEST(StoreContract, ARowTwiceInOneGroupIsRefused) {
    const Origin origin{"pi-1", id16(1), Stream::results, 1};
    EXPECT_FALSE(this->commit({this->numbering_.row(origin), this->numbering_.row(origin)}).ok());
    EXPECT_TRUE(read_sequences(this->store(), "").empty());
}

TYPED_TEST(StoreContract, RowNumbersOfAnAgentMayBeAnyUnsignedNumber) {
    const Origin largest{"pi-1", id16(1), Stream::metrics, ~std::uint64_t{0}};
    ASSERT_TRUE(succeeded(this->commit({this->numbering_.row(largest)})));
    EXPECT_EQ(this->restarted().spools.at(0).heads.metrics, ~std::uint64_t{0});
    EXPECT_FALSE(this->commit({this->numbering_.row({"pi-1", id16(1), Stream::metrics, 5})}).ok());
}

TYPED_TEST(StoreContract, APrefixMatchesWholeNamesAndClasses) {
    auto& n = this->numbering_;
    ASSERT_TRUE(succeeded(this->commit({
        n.next(EventClass::metrics, "pi-1"),   // 1
        n.next(EventClass::metrics, "pi-10"),  // 2
        n.next(EventClass::result, "pi-1"),    // 3
        n.next(EventClass::audit, ""),         // 4
        n.next(EventClass::metrics, "pi-1"),   // 5
        n.next(EventClass::result, "pi-10"),   // 6
    })));
    using Sequences = std::vector<std::uint64_t>;
    EXPECT_EQ(read_sequences(this->store(), ""), (Sequences{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(read_sequences(this->store(), "metrics/pi-10/"), (Sequences{2}));
    EXPECT_EQ(read_sequences(this->store(), "metrics/pi-1/"), (Sequences{1, 5}));
    EXPECT_EQ(read_sequences(this->store(), "result/"), (Sequences{3, 6}));
    EXPECT_EQ(read_sequences(this->store(), "audit/"), (Sequences{4}));
    EXPECT_EQ(read_sequences(this->store(), "met"), (Sequences{1, 2, 5}));
    EXPECT_EQ(read_sequences(this->store(), "heartbeat/"), Sequences{});
    EXPECT_EQ(read_sequences(this->store(), "metrics/%"), Sequences{});
}

TYPED_TEST(StoreContract, PagesAreBoundedByRowsAndByBytesAndHoldAtLeastOne) {
    std::vector<StoredEvent> events;
    for (int i = 0; i < 10; ++i) events.push_back(this->numbering_.next(EventClass::metrics, "pi-1", 100));
    ASSERT_TRUE(succeeded(this->commit(events)));

    auto page = this->store().read(2, "metrics/", 3, 10'000);
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page->rows.size(), 3U);
    EXPECT_EQ(page->rows.front().seq, 3U);
    EXPECT_EQ(page->next, 5U);
    EXPECT_EQ(page->head, 10U);
    EXPECT_EQ(page->oldest, 1U);

    page = this->store().read(0, "", 256, 250);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->rows.size(), 2U);
    EXPECT_EQ(page->next, 2U);
    page = this->store().read(0, "", 0, 0);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->rows.size(), 1U);
    for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, std::size_t{10}})
        EXPECT_EQ(read_sequences(this->store(), "metrics/", limit).size(), 10U);
}

TYPED_TEST(StoreContract, NextCoversTheEventsBehindTheLastMatch) {
    ASSERT_TRUE(succeeded(this->commit({this->numbering_.next(EventClass::status, "pi-1"),
                                        this->numbering_.next(EventClass::metrics, "pi-1")})));
    const auto page = this->store().read(0, "status/pi-1/", 256, 1000);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->rows.size(), 1U);
    EXPECT_EQ(page->next, 2U);
}

TYPED_TEST(StoreContract, ReadingFromBeyondTheHeadGivesNothing) {
    ASSERT_TRUE(succeeded(this->commit({this->numbering_.next(EventClass::status, "pi-1")})));
    for (const std::uint64_t after : {std::uint64_t{1}, std::uint64_t{2}, ~std::uint64_t{0}}) {
        for (const char* prefix : {"", "status/"}) {
            const auto page = this->store().read(after, prefix, 256, 1000);
            ASSERT_TRUE(page.ok());
            EXPECT_TRUE(page->rows.empty());
            EXPECT_EQ(page->next, 1U);
        }
    }
}

TYPED_TEST(StoreContract, NamedEventsComeInTheOrderAskedFor) {
    std::vector<StoredEvent> events;
    for (int i = 0; i < 5; ++i) events.push_back(this->numbering_.next(EventClass::result, "pi-1", 100));
    ASSERT_TRUE(succeeded(this->commit(events)));
    const auto rows = this->store().read_some({4, 0, 2, 99, ~std::uint64_t{0}, 5}, 10'000);
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 3U);
    EXPECT_EQ((*rows)[0], (EventRow{4, events[3].event}));
    EXPECT_EQ((*rows)[1].seq, 2U);
    EXPECT_EQ((*rows)[2].seq, 5U);
    EXPECT_EQ(this->store().read_some({1, 2, 3}, 1)->size(), 1U);
    EXPECT_EQ(this->store().read_some({1, 2, 3}, 200)->size(), 2U);
    EXPECT_TRUE(this->store().read_some({}, 200)->empty());
}

TYPED_TEST(StoreContract, AnEmptyGroupAndAnEmptyEventAreNothingSpecial) {
    EXPECT_TRUE(succeeded(this->store().commit({})));
    ASSERT_TRUE(succeeded(this->commit({this->numbering_.next(EventClass::event, "pi-1", 0)})));
    const auto page = this->store().read(0, "event/", 10, 0);
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page->rows.size(), 1U);
    EXPECT_TRUE(page->rows[0].event.empty());
}

TEST(MemoryStore, CommitsFailWhileToldToAndLeaveNothing) {
    MemoryStore store(id16(7));
    Numbering numbering;
    const Group group = group_of({numbering.next(EventClass::metrics, "pi-1")});
    store.fail_commits(Error{"no room", ""}, true);
    EXPECT_FALSE(store.commit(group).ok());
    EXPECT_TRUE(store.full());
    EXPECT_TRUE(store.events().empty());
    store.fail_commits(std::nullopt);
    EXPECT_TRUE(succeeded(store.commit(group)));
    EXPECT_FALSE(store.full());
}

}  // namespace
}  // namespace pncp::journal
