// The jobs that the journal tells of, one line each. Pure: events in, rows and text out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/render_json.hpp"
#include "cli/text.hpp"
#include "schema/event_bodies.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

enum class JobState : std::uint8_t {
    open,  ///< some targets have not ended
    ended,
    cancelled,  ///< ended, and somebody cancelled it
    lost,       ///< the journal has no end of it, and the broker does not know it
};
[[nodiscard]] std::string_view job_state_name(JobState state);

struct JobLine {
    JobBody body;               ///< as its last event has it
    std::int64_t begun_ns = 0;  ///< 0: its beginning is no longer in the journal
    std::int64_t ended_ns = 0;
    std::uint64_t answered = 0;  ///< targets that have ended
    JobState state = JobState::open;
};

/// Puts the events of jobs together, in the order of the journal.
class JobList {
  public:
    void add(const Event& event);
    /// In the order in which they began.
    [[nodiscard]] std::vector<JobLine> take();

  private:
    std::map<Id16, std::size_t> places_;
    std::vector<JobLine> lines_;
};

/// ID BEGAN STATE RESULT COMMAND TO BY. Ids are as short as tells them apart, but of 8 digits at least.
[[nodiscard]] std::string render_jobs(const std::vector<JobLine>& jobs, std::int64_t now_us,
                                      const Style& style);

/// Rows of {"id", "began", "ended", "state", "command", "arguments", "target", "operator", "targets",
/// "answered", "ok", "failed", "unanswered", "cancelled_by", "timeout_ms", "deliver_by"}; a document is
/// {"jobs": [rows]}. ok, failed and unanswered are null until it has ended.
[[nodiscard]] std::string json_jobs(const std::vector<JobLine>& jobs, JsonForm form);

/// RFC 4180, the same fields; arguments are joined by blanks.
[[nodiscard]] std::string csv_jobs(const std::vector<JobLine>& jobs, const Style& style);

}  // namespace pncp::cli
