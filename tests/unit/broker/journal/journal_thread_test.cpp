#include "broker/journal/journal_thread.hpp"

#include <poll.h>
#include <pthread.h>

#include <future>

#include "broker/journal/memory_store.hpp"
#include "tests/unit/broker/journal/bench.hpp"

namespace pncp::journal {
namespace {

/// Waits in its first commit until told to go on, and cuts searches into steps of one event, as a large
/// journal would.
class GatedStore : public MemoryStore {
  public:
    GatedStore(std::future<void> gate, std::promise<std::string> entered)
        : MemoryStore(id16(7)), gate_(std::move(gate)), entered_(std::move(entered)) {}

    Status commit(const Group& group) override {
        if (gate_.valid()) {
            std::string name(16, '\0');
            pthread_getname_np(pthread_self(), name.data(), name.size());
            entered_.set_value(name.c_str());
            gate_.get();
        }
        return MemoryStore::commit(group);
    }
    Result<Page> read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                      std::size_t max_bytes) override {
        auto page = MemoryStore::read(after, prefix, limit, max_bytes);
        if (!page || after >= page->head || (!page->rows.empty() && page->rows[0].seq == after + 1))
            return page;
        page->rows.clear();
        page->next = after + 1;
        return page;
    }

  private:
    std::future<void> gate_;
    std::promise<std::string> entered_;
};

class JournalThreadTest : public ::testing::Test {
  protected:
    JournalThreadTest() {
        std::promise<std::string> entered;
        entered_ = entered.get_future();
        auto store = std::make_unique<GatedStore>(gate_.get_future(), std::move(entered));
        store_ = store.get();
        thread_.emplace(std::move(store));
    }
    ~JournalThreadTest() override { open_gate(); }

    void open_gate() {
        if (!open_) gate_.set_value();
        open_ = true;
    }
    /// The next group, of one event.
    std::shared_ptr<const Group> group(EventClass event_class = EventClass::metrics) {
        return std::make_shared<const Group>(group_of({numbering_.next(event_class, "pi-1")}));
    }
    /// Waits for `count` completions in all, with a deadline.
    void wait_for(std::size_t count) {
        while (done_.size() < count) {
            pollfd ready{thread_->completion_fd(), POLLIN, 0};
            ASSERT_EQ(::poll(&ready, 1, 20'000), 1) << "no completion in 20 s";
            thread_->take_completions(done_);
        }
    }
    static std::uint64_t token_of(const Completion& completion) {
        return std::visit([](const auto& done) { return done.token; }, completion);
    }
    std::vector<std::uint64_t> tokens() const {
        std::vector<std::uint64_t> found;
        for (const Completion& completion : done_) found.push_back(token_of(completion));
        return found;
    }
    bool readable() const {
        pollfd ready{thread_->completion_fd(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }

    std::promise<void> gate_;
    bool open_ = false;
    std::future<std::string> entered_;
    GatedStore* store_ = nullptr;
    std::optional<JournalThread> thread_;
    Numbering numbering_;
    std::vector<Completion> done_;
};

TEST_F(JournalThreadTest, CommitsGoInOrderAndBeforeReadsWhichHaveATurnBetweenThem) {
    thread_->submit(1, group());
    EXPECT_EQ(entered_.get(), "pncp-journal");
    thread_->read(10, 0, "", 256, 1000);
    thread_->read_some(11, {1}, 1000);
    thread_->submit(2, group());
    thread_->submit(3, group());
    open_gate();
    wait_for(5);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{1, 10, 2, 11, 3}));
    for (const std::size_t i : {0U, 2U, 4U}) EXPECT_TRUE(succeeded(std::get<Committed>(done_[i]).status));
    EXPECT_EQ(std::get<PageRead>(done_[1]).page->rows.size(), 1U);
    EXPECT_EQ(std::get<RowsRead>(done_[3]).rows->size(), 1U);
}

TEST_F(JournalThreadTest, WhenBothWaitTheCommitIsFirst) {
    thread_->submit(1, group());
    entered_.get();
    thread_->submit(2, group());
    thread_->read(10, 0, "", 256, 1000);
    thread_->read(11, 0, "", 256, 1000);
    open_gate();
    wait_for(4);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{1, 10, 2, 11}));
    EXPECT_EQ(std::get<PageRead>(done_[3]).page->rows.size(), 2U);
}

TEST_F(JournalThreadTest, ALongSearchGivesOneCompletionAndLetsCommitsThrough) {
    thread_->submit(1,
                    std::make_shared<const Group>(group_of({numbering_.next(EventClass::metrics, "pi-1"),
                                                            numbering_.next(EventClass::metrics, "pi-1"),
                                                            numbering_.next(EventClass::metrics, "pi-1")})));
    entered_.get();
    thread_->submit(2, group());
    thread_->submit(3, group(EventClass::audit));
    thread_->submit(4, group());
    thread_->read(10, 0, "audit/", 256, 1000);
    open_gate();
    wait_for(5);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{1, 2, 3, 4, 10}));
    const auto& page = std::get<PageRead>(done_.at(4)).page;
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page->rows.size(), 1U);
    EXPECT_EQ(page->rows[0].seq, 5U);
}

TEST_F(JournalThreadTest, ASearchThatFindsNothingEnds) {
    thread_->submit(1, group());
    thread_->submit(2, group());
    open_gate();
    wait_for(2);
    thread_->read(10, 0, "alert/", 256, 1000);
    wait_for(3);
    EXPECT_TRUE(std::get<PageRead>(done_[2]).page->rows.empty());
    EXPECT_EQ(std::get<PageRead>(done_[2]).page->next, 2U);
}

TEST_F(JournalThreadTest, StopCommitsWhatIsQueuedAndAnswersReads) {
    thread_->submit(1, group());
    entered_.get();
    for (std::uint64_t token = 2; token <= 20; ++token) thread_->submit(token, group());
    thread_->read(100, 0, "", 256, 1000);
    thread_->read_some(101, {1}, 1000);
    auto stopped = std::async(std::launch::async, [this] { thread_->stop(); });
    open_gate();
    stopped.get();
    EXPECT_EQ(store_->events().size(), 20U);
    thread_->take_completions(done_);
    ASSERT_EQ(done_.size(), 22U);
    for (const Completion& completion : done_)
        if (const auto* commit = std::get_if<Committed>(&completion)) {
            EXPECT_TRUE(succeeded(commit->status));
        }
}

TEST_F(JournalThreadTest, AfterStopEverythingIsRefusedAtOnce) {
    open_gate();
    thread_->stop();
    thread_->submit(1, group());
    thread_->read(2, 0, "", 1, 1);
    thread_->read_some(3, {1}, 1);
    thread_->stop();
    wait_for(3);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_FALSE(std::get<Committed>(done_[0]).status.ok());
    EXPECT_FALSE(std::get<PageRead>(done_[1]).page.ok());
    EXPECT_FALSE(std::get<RowsRead>(done_[2]).rows.ok());
    EXPECT_TRUE(store_->events().empty());
}

TEST_F(JournalThreadTest, QueuesAreBoundedAndARefusedJobStillCompletes) {
    thread_->submit(0, group());
    entered_.get();
    for (std::size_t i = 0; i < JournalThread::kGroupsQueued; ++i) thread_->submit(1, group());
    EXPECT_FALSE(readable());
    thread_->submit(2, group());
    for (std::size_t i = 0; i < JournalThread::kReadsQueued; ++i) thread_->read(3, 0, "", 1, 1);
    thread_->read(4, 0, "", 1, 1);
    thread_->read_some(5, {1}, 1);
    wait_for(3);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{2, 4, 5}));
    EXPECT_FALSE(std::get<Committed>(done_[0]).status.ok());
    EXPECT_FALSE(std::get<Committed>(done_[0]).full);
}

TEST_F(JournalThreadTest, AFullStoreIsReportedAsFull) {
    store_->fail_commits(Error{"no room", ""}, true);
    thread_->submit(1, group());
    open_gate();
    wait_for(1);
    EXPECT_TRUE(std::get<Committed>(done_[0]).full);
    EXPECT_EQ(std::get<Committed>(done_[0]).status.error().message, "no room");
}

TEST_F(JournalThreadTest, OldEventsGoInSlicesBetweenCommits) {
    thread_->submit(1, group());
    entered_.get();
    Retention rule;
    rule.passed = 1;
    rule.old_before_ns = std::numeric_limits<std::int64_t>::max();
    thread_->retain(rule);
    thread_->submit(2, group());
    thread_->submit(3, group());
    open_gate();
    wait_for(4);
    EXPECT_EQ(tokens(), (std::vector<std::uint64_t>{1, 0, 2, 3}));
    EXPECT_EQ(std::get<Committed>(done_[0]).state.oldest, 1U);
    EXPECT_EQ(std::get<Retained>(done_[1]).state.oldest, 0U);
    EXPECT_EQ(std::get<Committed>(done_[3]).state.oldest, 2U) << "2 is not passed";
}

TEST_F(JournalThreadTest, RetentionGoesOnByItselfUntilNothingIsDue) {
    std::vector<StoredEvent> events;
    for (std::size_t i = 0; i < 3 * JournalThread::kSliceEventsMost; ++i)
        events.push_back(numbering_.next(EventClass::metrics, "pi-1"));
    const std::uint64_t last = events.back().seq;
    thread_->submit(1, std::make_shared<const Group>(group_of(std::move(events))));
    Retention rule;
    rule.passed = last;
    rule.old_before_ns = std::numeric_limits<std::int64_t>::max();
    thread_->retain(rule);
    open_gate();
    wait_for(4);
    EXPECT_EQ(std::get<Retained>(done_.back()).state.oldest, 0U);
    EXPECT_EQ(std::get<Retained>(done_.back()).state.head, last);
}

TEST_F(JournalThreadTest, TheDescriptorIsReadableExactlyWhileCompletionsWait) {
    EXPECT_FALSE(readable());
    thread_->submit(1, group());
    thread_->submit(2, group());
    open_gate();
    thread_->stop();
    EXPECT_TRUE(readable());
    thread_->take_completions(done_);
    EXPECT_EQ(done_.size(), 2U);
    EXPECT_FALSE(readable());
}

TEST(JournalThread, ServesTheRealStoreToo) {
    const TemporaryFolder folder;
    JournalThread thread(open_or_throw(options_for(folder.file("journal.sqlite"))));
    Numbering numbering;
    for (std::uint64_t token = 1; token <= 30; ++token)
        thread.submit(token, std::make_shared<const Group>(
                                 group_of({numbering.next(EventClass::result, "pi-1", 100)})));
    thread.read(31, 0, "result/pi-1/", 256, 48 * 1024);
    std::vector<Completion> done;
    while (done.size() < 31) {
        pollfd ready{thread.completion_fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&ready, 1, 20'000), 1);
        thread.take_completions(done);
    }
    for (const Completion& completion : done)
        if (const auto* commit = std::get_if<Committed>(&completion)) {
            EXPECT_TRUE(succeeded(commit->status));
        }
}

}  // namespace
}  // namespace pncp::journal
