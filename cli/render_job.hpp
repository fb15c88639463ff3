// The endings of a job as text: a header line a device, then its output. Pure.
#pragma once

#include <string>

#include "cli/job_view.hpp"
#include "cli/text.hpp"

namespace pncp::cli {

/// "pi-1: ok (12 ms)" and the output below it; lines of stderr are marked "stderr: ", and what is missing or
/// was cut is said in square brackets.
[[nodiscard]] std::string render_ending(const Ending& ending, const Style& style);

/// What a person has to know who left (Ctrl-C) or lost the broker: the job goes on, and how to come back to
/// it.
[[nodiscard]] std::string render_interrupted(const Id16& job);

/// The same when the broker has not said yet whether it took the job.
[[nodiscard]] std::string render_uncertain(const Id16& job);

}  // namespace pncp::cli
