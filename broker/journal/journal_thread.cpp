#include "broker/journal/journal_thread.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

namespace pncp::journal {
namespace {

/// Blocks every signal while it lives; a thread started meanwhile inherits that, so signals go to the
/// broker's loop.
class BlockSignals {
  public:
    BlockSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockSignals(const BlockSignals&) = delete;
    BlockSignals& operator=(const BlockSignals&) = delete;

  private:
    sigset_t before_{};
};

std::optional<Error> refusal_of(bool stopping, bool queue_full) {
    if (stopping) return Error{"the broker is stopping", "ask again when it is back"};
    if (queue_full) return Error{"the journal has too much to do", "ask again in a moment"};
    return std::nullopt;
}

}  // namespace

JournalThread::JournalThread(std::unique_ptr<Store> store) : store_(std::move(store)) {
    completion_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (completion_fd_ < 0)
        throw std::system_error(errno, std::generic_category(), "eventfd for the journal");
    try {
        const BlockSignals blocked;
        thread_ = std::thread(&JournalThread::run, this);
    } catch (...) {
        ::close(completion_fd_);
        throw;
    }
}

JournalThread::~JournalThread() {
    stop();
    ::close(completion_fd_);
}

void JournalThread::submit(std::uint64_t token, std::shared_ptr<const Group> group) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto refusal = refusal_of(stopping_, commits_.size() >= kGroupsQueued))
            return complete(Committed{token, *refusal, false, {}});
        commits_.push_back({token, std::move(group)});
    }
    work_.notify_one();
}

void JournalThread::read(std::uint64_t token, std::uint64_t after, std::string prefix, std::size_t limit,
                         std::size_t max_bytes) {
    queue_read(PageJob{token, after, std::move(prefix), limit, max_bytes});
}

void JournalThread::read_some(std::uint64_t token, std::vector<std::uint64_t> sequences,
                              std::size_t max_bytes) {
    queue_read(RowsJob{token, std::move(sequences), max_bytes});
}

void JournalThread::queue_read(ReadJob job) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto refusal = refusal_of(stopping_, reads_.size() >= kReadsQueued))
            return refuse_read(job, *refusal);
        reads_.push_back(std::move(job));
    }
    work_.notify_one();
}

void JournalThread::retain(const Retention& rule) {
    {
        const std::lock_guard lock(mutex_);
        rule_ = rule;
        trim_due_ = true;
        trim_told_ = false;
    }
    work_.notify_one();
}

void JournalThread::take_completions(std::vector<Completion>& completions) {
    const std::lock_guard lock(mutex_);
    // Emptied under the lock: a completion that comes later makes it readable again.
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(completion_fd_, &count));
    for (Completion& completion : completions_) completions.push_back(std::move(completion));
    completions_.clear();
}

void JournalThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void JournalThread::run() {
    pthread_setname_np(pthread_self(), "pncp-journal");
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [this] { return stopping_ || trim_due_ || !commits_.empty() || !reads_.empty(); });
        if (!commits_.empty()) run_commit(lock);
        if (stopping_) {
            for (const ReadJob& job : reads_) refuse_read(job, *refusal_of(true, false));
            reads_.clear();
            if (commits_.empty()) return;
        } else {
            if (!reads_.empty()) run_read(lock);
            if (trim_due_) run_trim(lock);
        }
    }
}

void JournalThread::run_commit(std::unique_lock<std::mutex>& lock) {
    const CommitJob job = std::move(commits_.front());
    commits_.pop_front();
    lock.unlock();
    Committed done{job.token, store_->commit(*job.group), false, {}};
    done.full = !done.status && store_->full();
    done.state = store_->state();
    lock.lock();
    slice_events_ = std::clamp(2 * job.group->events.size(), kSliceEvents, kSliceEventsMost);
    trim_due_ = trim_due_ || rule_.has_value();
    complete(std::move(done));
}

void JournalThread::run_read(std::unique_lock<std::mutex>& lock) {
    ReadJob job = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    if (auto* rows = std::get_if<RowsJob>(&job)) {
        RowsRead done{rows->token, store_->read_some(rows->sequences, rows->max_bytes)};
        lock.lock();
        return complete(std::move(done));
    }
    auto& search = std::get<PageJob>(job);
    auto page = store_->read(search.after, search.prefix, search.limit, search.max_bytes);
    lock.lock();
    if (page && page->rows.empty() && page->next > search.after && page->next < page->head) {
        // Nothing found yet, and much still to look at: on with it when it is this read's turn again.
        search.after = page->next;
        reads_.push_back(std::move(job));
        return;
    }
    complete(PageRead{search.token, std::move(page)});
}

void JournalThread::run_trim(std::unique_lock<std::mutex>& lock) {
    const Retention rule = *rule_;
    const std::size_t events = slice_events_;
    trim_due_ = false;
    lock.unlock();
    const std::uint64_t before = store_->state().trimmed;
    Retained done{0, store_->trim(rule, events), {}};
    done.state = store_->state();
    const bool news = done.state.trimmed != before || !done.trimmed || !done.trimmed->spools.empty();
    const bool more = done.trimmed && done.trimmed->more;
    lock.lock();
    trim_due_ = trim_due_ || more;
    if (news || (!trim_told_ && !more)) {
        trim_told_ = !more;
        complete(std::move(done));
    }
}

void JournalThread::refuse_read(const ReadJob& job, const Error& why) {
    if (const auto* rows = std::get_if<RowsJob>(&job)) {
        complete(RowsRead{rows->token, why});
    } else {
        complete(PageRead{std::get<PageJob>(job).token, why});
    }
}

void JournalThread::complete(Completion completion) {
    const bool first = completions_.empty();
    completions_.push_back(std::move(completion));
    if (first) static_cast<void>(::eventfd_write(completion_fd_, 1));
}

}  // namespace pncp::journal
