// The verbs for jobs that were made before: job, jobs, cancel, retry.
#pragma once

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb job_verb();
[[nodiscard]] Verb jobs_verb();
[[nodiscard]] Verb cancel_verb();
[[nodiscard]] Verb retry_verb();
[[nodiscard]] ExitCode run_jobs(const Call& call);
[[nodiscard]] ExitCode run_cancel(const Call& call);
[[nodiscard]] ExitCode run_retry(const Call& call);

}  // namespace pncp::cli
