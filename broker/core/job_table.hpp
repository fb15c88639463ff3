// Jobs: one command for a set of agents. Every target ends in exactly one RESULT event, made by the device
// or, where none can come, by the broker. Pure; one thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/event_log.hpp"
#include "broker/core/peer_directory.hpp"
#include "broker/core/target_expression.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::broker {

/// What stands in events where a secret argument was.
inline constexpr std::string_view kSecretArgument = "(secret)";

struct Target {
    Id16 command{};
    Id16 spool{};            ///< the spool it was sent to; bound for good
    bool waiting = false;    ///< its turn has not come
    bool sent = false;       ///< its COMMAND event is committed
    bool cancelled = false;  ///< it was told to stop
    bool closing = false;    ///< a RESULT of the broker's own is on its way to the journal
    bool ended = false;
    std::int64_t deadline_ms = 0;  ///< of its answer, once it began
};

struct Job {
    Id16 id{};
    JobBody body;
    /// As the operator gave them. In `body`, and so in journal, feed and log, secret ones are
    /// kSecretArgument. nullopt: the job was recovered from its events, and the secret ones are gone.
    std::optional<std::vector<std::string>> arguments;
    std::uint64_t first_seq = 0;
    /// Recovered targets that were sent must have answered by then.
    std::int64_t deadline_ms = 0;
    std::int64_t deliver_by_ms = 0;  ///< until when targets may wait to come back; 0 = they don't
    std::optional<TargetExpression> stop_when;
    bool batch_runs = false;
    std::int64_t pause_until_ms = 0;
    std::map<std::string, Target> targets;
    std::size_t waiting = 0;  ///< targets that have not begun
    std::size_t answered = 0;
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    std::uint64_t unanswered = 0;
    std::vector<std::uint64_t> rows;  ///< sequences of its committed events, ascending
    bool ended = false;

    /// Its targets begin in batches, or when they come back.
    [[nodiscard]] bool staged() const { return body.rollout.has_value() || body.deliver_by_us != 0; }
    [[nodiscard]] std::size_t running() const { return targets.size() - waiting - answered; }
};

class JobTable {
  public:
    /// The job made from a request; its targets are still to be filled in. References stay valid until it is
    /// forgotten.
    Job& create(const JobBody& body, std::uint64_t first_seq, std::int64_t deadline_ms);
    Target& add_target(Job& job, const std::string& agent, bool waiting = false);
    /// Its turn has come, or never will.
    static void begin(Job& job, Target& target);
    /// Its COMMAND event was not kept: it has not begun after all.
    static void put_back(Job& job, Target& target);
    void remove(const Id16& job);

    [[nodiscard]] Job* find(const Id16& job);
    /// Valid until the job is forgotten.
    struct Found {
        Job* job = nullptr;
        const std::string* agent = nullptr;
        Target* target = nullptr;
    };
    /// The target that a command id names; `job` is nullptr when there is none.
    [[nodiscard]] Found by_command(const Id16& command);

    /// Notes a committed event of a job; true when the job has ended with it.
    bool note(const CommittedEvent& committed);
    /// Targets of this agent that were sent and have not ended.
    [[nodiscard]] std::vector<Found> outstanding(const std::string& agent);

    /// Jobs that have not ended; one may end, but none be made or removed, while the map is walked.
    [[nodiscard]] const std::map<Id16, Job*>& open() const { return open_; }
    /// All their targets.
    [[nodiscard]] std::size_t open_targets() const;

  private:
    void forget_oldest();

    std::map<Id16, Job> jobs_;
    std::map<Id16, Job*> open_;
    std::unordered_map<Id16, Found, UniformHash> commands_;
    std::deque<Id16> ended_;  ///< oldest first
    std::size_t targets_ended_ = 0;
};

}  // namespace pncp::broker
