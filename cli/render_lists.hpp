// Lists as tables: commands, the broker's status, keys. Pure: rows and the time in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/text.hpp"
#include "schema/control_messages.hpp"
#include "schema/key_file.hpp"

namespace pncp::cli {

/// COMMAND ARGUMENTS AGENTS HELP, and where they say something VARIANTS and TAGS.
[[nodiscard]] std::string render_commands(const std::vector<CommandRow>& rows, const Style& style);

/// NAME VALUE, and where there are durable consumers CONSUMER CURSOR LAG LAST HEARD HOLDS EVENTS.
[[nodiscard]] std::string render_status(const std::vector<StatusRow>& rows, const Style& style);
/// What in it somebody should look after, and how: a sentence a line; "" when all is well.
[[nodiscard]] std::string status_concerns(const std::vector<StatusRow>& rows);

/// ID ROLE GENERATION STATE FINGERPRINT.
[[nodiscard]] std::string render_keys(const std::vector<KeyRow>& rows, const Style& style);

/// Everything about a key file but its key.
[[nodiscard]] std::string render_key_file(const KeyFile& file, const std::string& fingerprint,
                                          const Style& style);

/// "+1.25 s", "-3 ms", with "unsynced" when the device says that nothing holds its clock.
[[nodiscard]] std::string clock_offset_text(std::int64_t offset_us, bool synced);

}  // namespace pncp::cli
