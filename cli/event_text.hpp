// Events of the feed and the journal in the forms of pncp_log.txt. Pure.
#pragma once

#include <string>

#include "cli/text.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

/// The line that the log has of it, without its chain of hashes: {"seq", "time", "direction", "agent",
/// "type", "topic", "class_seq", "content"}, ASCII, and a line break.
[[nodiscard]] std::string event_json(const FeedEvent& event);
/// {"type": "FEED_GAP", "content": {"first", "last", "reason"}} and a line break.
[[nodiscard]] std::string gap_json(const FeedGap& gap, std::int64_t wall_us);

/// "2026-01-31T12:00:00.123Z  pi-1  STATUS  connected" and a line break.
[[nodiscard]] std::string event_text(const FeedEvent& event, const Style& style);

}  // namespace pncp::cli
