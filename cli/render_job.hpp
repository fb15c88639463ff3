// The endings of a job as text: a header line a device, then its output. Pure.
#pragma once

#include <span>
#include <string>

#include "cli/grouping.hpp"
#include "cli/job_view.hpp"
#include "cli/text.hpp"

namespace pncp::cli {

/// "ok", "failed: exit code 2", "failed: signal 9", "offline: the connection was closed".
[[nodiscard]] std::string render_outcome(const Ending& ending, const Style& style);

/// "pi-1: ok (12 ms)" and the output below it; lines of stderr are marked "stderr: ", and what is missing or
/// was cut is said in square brackets.
[[nodiscard]] std::string render_ending(const Ending& ending, const Style& style, std::int64_t now_us);

/// What --group and its like show of the groups, the majority first.
struct GroupForm {
    bool diff = false;      ///< of each group but the majority what differs from it, as unified diff
    bool outliers = false;  ///< not the majority
};
/// "pi-[1-12,15] (13): ok" and the output below it, once for all of them.
[[nodiscard]] std::string render_groups(std::span<const EndingGroup> groups, const GroupForm& form,
                                        const Style& style);

/// A line for each way of ending that is not ok: "  failed: exit code 2: pi-[3,7]"; "" when all are.
[[nodiscard]] std::string render_troubles(std::span<const EndingGroup> groups, const Style& style);

/// AGENT OUTCOME CODE TIME OUTPUT, each a line: of the output what fits of its first line, of who has none
/// the reason.
[[nodiscard]] std::string render_job_table(const std::vector<Ending>& endings, const Style& style);

/// The header of CSV (RFC 4180), and one record: the fields of a result in JSON.
[[nodiscard]] std::string csv_results_header();
[[nodiscard]] std::string csv_result(const Ending& ending, const Style& style);

/// What a person has to know who left (Ctrl-C) or lost the broker: the job goes on, and how to come back to
/// it.
[[nodiscard]] std::string render_interrupted(const Id16& job);

/// The same when the broker has not said yet whether it took the job.
[[nodiscard]] std::string render_uncertain(const Id16& job);

}  // namespace pncp::cli
