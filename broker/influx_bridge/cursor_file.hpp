// The bridge's own durable truth: how far the journal is stored. Text, replaced in one step. Parsing and
// formatting are pure; load and save touch the disk. Any thread.
//
//   # How far pncp-influx-bridge has stored the journal. Without this file everything that the journal holds
//   is stored again. journal = <32 hexadecimal digits> resume = 8100 stored = 8123
#pragma once

#include <string>
#include <string_view>

#include "broker/influx_bridge/batcher.hpp"
#include "schema/result.hpp"

namespace pncp::influx {

[[nodiscard]] std::string format_cursor(const Mark& mark);
/// Every name exactly once and nothing else; the error names the line.
[[nodiscard]] Result<Mark> parse_cursor(std::string_view text);

/// No file is a new bridge: a mark of no journal. A file that can't be read or parsed is an error: starting
/// anew over it is for a person to decide.
[[nodiscard]] Result<Mark> load_cursor(const std::string& path);
[[nodiscard]] Status save_cursor(const std::string& path, const Mark& mark);

}  // namespace pncp::influx
