// What is known of a job, built from the pages of its events: which targets have ended and how, with their
// outputs put together, and at the end the counts that add up to the targets. Pure: pages in, endings out.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/output_assembly.hpp"
#include "schema/event.hpp"

namespace pncp::cli {

/// The end of the command on one target.
struct Ending {
    std::string agent;
    Verdict verdict = Verdict::ok;
    std::int64_t exit_code = 0;
    std::int64_t signal = 0;
    std::int64_t duration_ms = 0;
    std::string reason;
    bool truncated = false;  ///< the device cut the output at its cap
    StreamText out;
    StreamText err;
    std::int64_t time_ns =
        0;  ///< point time of the result event, nanoseconds since 1970; 0 if there was none
    std::int64_t last_seen_us = 0;  ///< of an agent that is offline; 0 = unknown
};

class JobView {
  public:
    explicit JobView(const Id16& job) : job_(job) {}

    /// Takes a page: the targets that ended with it, in the order of their events. Rows that can't be read,
    /// that belong to another job, or a second result of one target change nothing.
    [[nodiscard]] std::vector<Ending> add(const JobReply& page);

    /// The same for one event that is known to be of this job.
    void add(const Event& event, std::vector<Ending>& endings);

    /// True when every target has ended, or the broker says that no more will come.
    [[nodiscard]] bool complete() const;

    /// Called once complete: targets that the broker promised but never gave a result for end as interrupted,
    /// so that the counts add up. Those whose names are known are returned; the rest are only counted.
    [[nodiscard]] std::vector<Ending> close();

    /// Who is known to be a target and has not ended; there may be more.
    [[nodiscard]] std::vector<std::string> out() const;
    /// Targets that have not ended.
    [[nodiscard]] std::uint64_t open() const {
        return targets_ > tally_.total() ? targets_ - tally_.total() : 0;
    }

    [[nodiscard]] const Id16& job() const { return job_; }
    /// `after` of the next request.
    [[nodiscard]] std::uint64_t next() const { return next_; }
    void expect(std::uint64_t targets) { targets_ = targets; }
    [[nodiscard]] std::uint64_t targets() const { return targets_; }
    [[nodiscard]] const Tally& tally() const { return tally_; }
    /// From the command's own events; empty until one came.
    [[nodiscard]] const std::string& command() const { return command_; }
    [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

  private:
    struct Pending {
        OutputAssembly out;
        OutputAssembly err;
    };
    void on_targets(const Event& event);
    void on_command(const Event& event);
    void on_output(const Event& event);
    void on_result(const Event& event, std::vector<Ending>& endings);

    Id16 job_;
    std::uint64_t targets_ = 0;
    std::uint64_t next_ = 0;
    bool drained_ = false;
    Tally tally_;
    std::map<std::string, Pending, std::less<>> pending_;
    std::set<std::string, std::less<>> ended_;
    std::string command_;
    std::vector<std::string> arguments_;
};

}  // namespace pncp::cli
