// A Store in memory: the same contract as SqliteStore, for tests and simulation. It outlives a simulated
// broker: recover() may be called again, and gives what a restarted broker would find. Thread rule: one
// thread at a time.
#pragma once

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
    [[nodiscard]] const std::vector<StoredEvent>& events() const { return events_; }

    [[nodiscard]] Result<Recovered> recover() override;
    [[nodiscard]] Status commit(const Group& group) override;
    [[nodiscard]] bool full() const override { return full_; }
    [[nodiscard]] Result<Page> read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                                    std::size_t max_bytes) override;
    [[nodiscard]] Result<std::vector<EventRow>> read_some(const std::vector<std::uint64_t>& sequences,
                                                          std::size_t max_bytes) override;

  private:
    using SpoolKey = std::pair<std::string, Id16>;

    Id16 journal_;
    SequenceHeads heads_;
    std::vector<StoredEvent> events_;  ///< event with sequence n stands at n - 1
    std::map<SpoolKey, StreamHeads> spools_;
    std::map<std::string, AgentRecord> agents_;
    std::map<Id16, JobRecord> jobs_;
    std::map<std::string, std::uint64_t> cursors_;
    std::optional<Error> failure_;
    bool failure_is_full_ = false;
    bool full_ = false;
};

}  // namespace pncp::journal
