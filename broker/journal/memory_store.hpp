// A Store in memory: the same contract as SqliteStore, for tests and simulation. It outlives a simulated
// broker: recover() may be called again, and gives what a restarted broker would find. Thread rule: one
// thread at a time.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "broker/journal/group_check.hpp"
#include "broker/journal/store.hpp"

namespace pncp::journal {

class MemoryStore : public Store {
  public:
    explicit MemoryStore(const Id16& journal_id) : journal_(journal_id) {}

    /// From now on commits fail with this error; `full` is what full() says then. nullopt = they work again.
    void fail_commits(std::optional<Error> error, bool full = false);
    /// Those still held, in order.
    [[nodiscard]] const std::deque<StoredEvent>& events() const { return events_; }

    [[nodiscard]] Result<Recovered> recover() override;
    [[nodiscard]] Status commit(const Group& group) override;
    [[nodiscard]] bool full() const override { return full_; }
    /// By age only: memory has no cap.
    [[nodiscard]] Result<Trimmed> trim(const Retention& rule, std::size_t max_events) override;
    [[nodiscard]] StoreState state() const override;
    [[nodiscard]] Result<Page> read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                                    std::size_t max_bytes) override;
    [[nodiscard]] Result<std::vector<EventRow>> read_some(const std::vector<std::uint64_t>& sequences,
                                                          std::size_t max_bytes) override;

  private:
    using SpoolKey = std::pair<std::string, Id16>;

    Id16 journal_;
    SequenceHeads heads_;
    struct Spool {
        StreamHeads heads;
        std::uint64_t last_seq = 0;
        std::int64_t last_us = 0;
    };
    [[nodiscard]] std::uint64_t oldest() const { return events_.empty() ? 0 : events_.front().seq; }
    /// Where the first event after `seq` stands in events_.
    [[nodiscard]] std::size_t index_after(std::uint64_t seq) const;
    [[nodiscard]] std::vector<SpoolName> forget_spools(const Retention& rule);

    std::deque<StoredEvent> events_;
    std::map<SpoolKey, Spool> spools_;
    std::map<std::string, AgentRecord> agents_;
    std::map<Id16, JobRecord> jobs_;
    std::map<std::string, CursorRecord> cursors_;
    std::uint64_t trimmed_ = 0;
    std::optional<Error> failure_;
    bool failure_is_full_ = false;
    bool full_ = false;
};

}  // namespace pncp::journal
