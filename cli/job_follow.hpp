// Following a job to its end, over restarts of the broker; and jobs that the broker has no longer at hand,
// put together from its journal. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/job_view.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

/// What is known of a job before its first page.
struct JobStart {
    Id16 job{};
    std::uint64_t targets = 0;  ///< 0 = not known
    bool wait = true;           ///< false: only how it stands now
};

/// Prints what comes in the form that the options ask for, until every target has ended, and sums it up. When
/// the broker does not have the job at hand, the same from its journal.
[[nodiscard]] ExitCode follow_job(const Call& call, BrokerLink& link, const JobStart& start);

/// The job whose id begins with `word`, which is hexadecimal: 32 digits are taken as they are, fewer (at
/// least 4) are looked up in the journal. Prints what is wrong: usage.
[[nodiscard]] std::variant<Id16, ExitCode> find_job(const Call& call, BrokerLink& link,
                                                    const std::string& word);

/// A job as the journal has it.
struct JournaledJob {
    JobBody body;
    std::vector<Ending> endings;  ///< those that `view` had not
};
/// Reads the job's events into `view`, up to the present. An ExitCode when that failed, or when the journal
/// has no such job (usage); it is printed.
[[nodiscard]] std::variant<JournaledJob, ExitCode> read_job(const Call& call, BrokerLink& link,
                                                            JobView& view);

}  // namespace pncp::cli
