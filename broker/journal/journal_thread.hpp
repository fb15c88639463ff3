// The thread that owns the store, so that the broker's loop never waits for the disk. It takes jobs and hands
// completions back: poll completion_fd(), then take_completions().
//
// Order: commits in the order of submit(), each its own transaction; a waiting commit goes before a waiting
// read, and after each commit one read gets its turn, so that neither starves the other. A long search is cut
// into steps of a few milliseconds with commits between them. Each job gives exactly one completion. Old
// events are deleted in slices of a few milliseconds, one after a commit and a read at most. Thread
// rule: every public function may be called from any one thread other than the journal's own; the broker's
// loop is the caller. Lifetime: the store lives until the JournalThread does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "broker/journal/store.hpp"

namespace pncp::journal {

struct Committed {
    std::uint64_t token = 0;
    Status status = Done{};
    bool full = false;  ///< failed for want of room only
    StoreState state{};
};
struct PageRead {
    std::uint64_t token = 0;
    Result<Page> page = Page{};
};
struct RowsRead {
    std::uint64_t token = 0;
    Result<std::vector<EventRow>> rows = std::vector<EventRow>{};
};
/// Of retain(): each slice that deleted something, the last one, and each that failed. No job of its own.
struct Retained {
    std::uint64_t token = 0;  ///< always 0
    Result<Trimmed> trimmed = Trimmed{};
    StoreState state{};
};
using Completion = std::variant<Committed, PageRead, RowsRead, Retained>;

class JournalThread {
  public:
    /// Groups that may wait. The broker has one on its way at a time; the bound is for callers without that
    /// rule.
    static constexpr std::size_t kGroupsQueued = 64;
    /// Reads that may wait: a page each for every durable consumer (256) and as many operators.
    static constexpr std::size_t kReadsQueued = 512;

    /// Events that one slice of retention deletes: 2 ms; after a larger commit twice as many as that had, so
    /// that deleting keeps up with what comes in.
    static constexpr std::size_t kSliceEvents = 256;
    static constexpr std::size_t kSliceEventsMost = 4'096;

    /// Starts the thread "pncp-journal", with all signals blocked. Throws std::system_error when the system
    /// gives no thread or no eventfd.
    explicit JournalThread(std::unique_ptr<Store> store);
    /// stop()s.
    ~JournalThread();
    JournalThread(const JournalThread&) = delete;
    JournalThread& operator=(const JournalThread&) = delete;

    /// Queues a commit. When too many wait, or after stop(), its completion is an error at once; nothing is
    /// written then.
    void submit(std::uint64_t token, std::shared_ptr<const Group> group);
    /// Queues Store::read(); the page is empty only when nothing matches. Refused as above.
    void read(std::uint64_t token, std::uint64_t after, std::string prefix, std::size_t limit,
              std::size_t max_bytes);
    /// Queues Store::read_some(). Refused as above.
    void read_some(std::uint64_t token, std::vector<std::uint64_t> sequences, std::size_t max_bytes);

    /// What may be deleted from now on; deletes as much of it as is due. To be called every second or so.
    void retain(const Retention& rule);

    /// Readable while completions wait. Owned by this object.
    [[nodiscard]] int completion_fd() const { return completion_fd_; }
    /// Appends what has been completed, in order of completion.
    void take_completions(std::vector<Completion>& completions);

    /// Commits what is queued, answers queued reads with an error, and joins the thread. Completions may be
    /// taken afterwards. Calling it again does nothing.
    void stop();

  private:
    struct CommitJob {
        std::uint64_t token = 0;
        std::shared_ptr<const Group> group;
    };
    struct PageJob {
        std::uint64_t token = 0;
        std::uint64_t after = 0;
        std::string prefix;
        std::size_t limit = 0;
        std::size_t max_bytes = 0;
    };
    struct RowsJob {
        std::uint64_t token = 0;
        std::vector<std::uint64_t> sequences;
        std::size_t max_bytes = 0;
    };
    using ReadJob = std::variant<PageJob, RowsJob>;

    void queue_read(ReadJob job);
    void run();
    void run_commit(std::unique_lock<std::mutex>& lock);
    void run_read(std::unique_lock<std::mutex>& lock);
    void run_trim(std::unique_lock<std::mutex>& lock);
    void refuse_read(const ReadJob& job, const Error& why);
    void complete(Completion completion);

    std::unique_ptr<Store> store_;  ///< used by the thread only
    int completion_fd_ = -1;

    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<CommitJob> commits_;
    std::deque<ReadJob> reads_;
    std::vector<Completion> completions_;
    std::optional<Retention> rule_;
    bool trim_due_ = false;
    bool trim_told_ = true;  ///< nothing was deleted since the last Retained
    std::size_t slice_events_ = kSliceEvents;
    bool stopping_ = false;

    std::thread thread_;  ///< last: starts when everything else is there
};

}  // namespace pncp::journal
