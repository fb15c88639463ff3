// `pncp-cli send`: what it takes, and what it asks of the broker. Pure but for groups, which are files.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb send_verb();
/// How results are shown, and --detach: for every verb that makes a job.
[[nodiscard]] std::vector<Setting> sending_settings();

/// The request without its job id and claims; with --limit its seed, drawn when --seed is not given. A
/// Failure: usage, no_target for an empty --to, configuration for groups that can't be read.
[[nodiscard]] std::variant<SendRequest, Failure> send_request(const Call& call);

/// The first of the command's words that is an option of `send`, as typed; "" when there is none. What stands
/// after the command belongs to the command, which is easily forgotten.
[[nodiscard]] std::string option_after_command(const Call& call);

/// Makes the job, and follows it or (--detach) says how to.
[[nodiscard]] ExitCode begin_job(const Call& call, BrokerLink& link, SendRequest request);

/// --dry-run: whom `request` would reach and who is denied; nothing runs.
[[nodiscard]] ExitCode show_targets(const Call& call, BrokerLink& link, const SendRequest& request);

}  // namespace pncp::cli
