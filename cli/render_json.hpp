// The same answers as JSON, for programs. Every byte printed is ASCII: other characters are \u escapes, so
// that neither a terminal nor a locale can be upset by what a device sent. Pure. The README documents the
// fields: they are stable, and new ones may be added.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/job_view.hpp"
#include "schema/control_messages.hpp"
#include "schema/key_file.hpp"

namespace pncp::cli {

/// One JSON document, indented, or one object a line.
enum class JsonForm : std::uint8_t { document, lines };

/// {"type": "result", "agent", "outcome", "exit_code", "signal", "duration_ms", "reason", "stdout", "stderr",
/// "truncated", "missing_bytes", "time", "last_seen"} and a line break. `last_seen` is null but for agents
/// that are offline. `exit_code` is null unless the command exited by
/// itself, `signal` unless one ended it. Bytes that are no UTF-8 become U+FFFD, and then "stdout_base64" (or
/// "stderr_base64") has them as they were.
[[nodiscard]] std::string json_result_line(const Ending& ending);

/// {"type": "summary", "job", "command", "arguments", "targets", "open", "counts": {"ok": 2, …}, "exit_code"}
/// and a line break. `open` is how many have not ended, when the job was only looked at.
[[nodiscard]] std::string json_summary_line(const JobView& view);

/// The summary's fields without "type", and "results": the results without theirs.
[[nodiscard]] std::string json_job(const JobView& view, const std::vector<Ending>& endings);

/// Rows of {"agent", "state", "denied"}; a document is {"targets": [rows], "counts": {"online": 10, …,
/// "denied": 1}}.
[[nodiscard]] std::string json_targets(const std::vector<TargetRow>& rows, JsonForm form);

/// {"job", "targets", "attached"}: what --detach prints.
[[nodiscard]] std::string json_sent(const SendReply& reply, JsonForm form);

/// {"job", "withdrawn", "told", "ended"}.
[[nodiscard]] std::string json_cancel(const CancelReply& reply, JsonForm form);

/// Rows of {"name", "arguments", "agents", "help", "tags", "variants"}; a document is {"commands": [rows]}.
[[nodiscard]] std::string json_commands(const std::vector<CommandRow>& rows, JsonForm form);

/// A document is {"status": {name: value, …}} with texts as values; lines are {"name", "value"}.
[[nodiscard]] std::string json_status(const std::vector<StatusRow>& rows, JsonForm form);

/// Rows of {"id", "role", "generation", "revoked", "connected", "fingerprint"}; a document is {"keys":
/// [rows]}.
[[nodiscard]] std::string json_keys(const std::vector<KeyRow>& rows, JsonForm form);

/// {"id", "role", "generation", "fingerprint", "broker", "agents", "control", "feed"}: never the key.
[[nodiscard]] std::string json_key_file(const KeyFile& file, const std::string& fingerprint, JsonForm form);

}  // namespace pncp::cli
