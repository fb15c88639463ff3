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
#include "schema/event_bodies.hpp"

namespace pncp::broker {

/// What stands in events where a secret argument was.
inline constexpr std::string_view kSecretArgument = "(secret)";

struct Target {
    Id16 command{};
    Id16 spool{};          ///< the spool it was sent to; bound for good
    bool sent = false;     ///< its COMMAND event is committed
    bool closing = false;  ///< a RESULT of the broker's own is on its way to the journal
    bool ended = false;
};

struct Job {
    Id16 id{};
    JobBody body;
    /// As the operator gave them. In `body`, and so in journal, feed and log, secret ones are
    /// kSecretArgument. nullopt: the job was recovered from its events, and the secret ones are gone.
    std::optional<std::vector<std::string>> arguments;
    std::uint64_t first_seq = 0;
    std::int64_t deadline_ms = 0;
    std::map<std::string, Target> targets;
    std::size_t answered = 0;
    std::vector<std::uint64_t> rows;  ///< sequences of its committed events, ascending
    bool ended = false;
};

class JobTable {
  public:
    /// The job made from a request; its targets are still to be filled in. References stay valid until it is
    /// forgotten.
    Job& create(const JobBody& body, std::uint64_t first_seq, std::int64_t deadline_ms);
    Target& add_target(Job& job, const std::string& agent);
    void remove(const Id16& job);

    [[nodiscard]] Job* find(const Id16& job);
    struct Found {
        Job* job = nullptr;
        std::string agent;
        Target* target = nullptr;
    };
    /// The target that a command id names; `job` is nullptr when there is none.
    [[nodiscard]] Found by_command(const Id16& command);

    /// Notes a committed event of a job; true when the job has ended with it.
    bool note(const CommittedEvent& committed);
    /// Targets of this agent that were sent and have not ended.
    [[nodiscard]] std::vector<Found> outstanding(const std::string& agent);

    [[nodiscard]] std::map<Id16, Job>& all() { return jobs_; }
    [[nodiscard]] std::size_t open() const { return jobs_.size() - ended_.size(); }

  private:
    struct CommandOf {
        Id16 job;
        std::string agent;
    };
    std::map<Id16, Job> jobs_;
    std::unordered_map<Id16, CommandOf, UniformHash> commands_;
    std::deque<Id16> ended_;  ///< oldest first
};

}  // namespace pncp::broker
