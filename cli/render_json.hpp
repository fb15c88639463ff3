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
/// "truncated", "missing_bytes", "time"} and a line break. `exit_code` is null unless the command exited by
/// itself, `signal` unless one ended it. Bytes that are no UTF-8 become U+FFFD, and then "stdout_base64" (or
/// "stderr_base64") has them as they were.
[[nodiscard]] std::string json_result_line(const Ending& ending);

/// {"type": "summary", "job", "command", "arguments", "targets", "counts": {"ok": 2, …}, "exit_code"} and a
/// line break.
[[nodiscard]] std::string json_summary_line(const JobView& view);

/// The summary's fields without "type", and "results": the results without theirs.
[[nodiscard]] std::string json_job(const JobView& view, const std::vector<Ending>& endings);

/// Rows of {"name", "state", "last_seen", "last_seen_us", "reason", "version", "clock_offset_us",
/// "clock_synced", "catalogue"}; `last_seen` is null for an agent that was never there. A document is
/// {"agents": [rows]}.
[[nodiscard]] std::string json_agents(const std::vector<AgentRow>& rows, JsonForm form);

/// Rows of {"name", "arguments", "agents", "help"}; a document is {"commands": [rows]}.
[[nodiscard]] std::string json_commands(const std::vector<CommandRow>& rows, JsonForm form);

/// A document is {"status": {name: value, …}} with texts as values; lines are {"name", "value"}.
[[nodiscard]] std::string json_status(const std::vector<StatusRow>& rows, JsonForm form);

/// Rows of {"id", "role", "generation", "revoked", "connected", "fingerprint"}; a document is {"keys":
/// [rows]}.
[[nodiscard]] std::string json_keys(const std::vector<KeyRow>& rows, JsonForm form);

/// {"id", "role", "generation", "fingerprint", "broker", "agents", "control", "feed"}: never the key.
[[nodiscard]] std::string json_key_file(const KeyFile& file, const std::string& fingerprint, JsonForm form);

}  // namespace pncp::cli
