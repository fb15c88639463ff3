// Log lines back to the events they were made from, byte by byte: for replays. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "schema/subscriber/feed.hpp"

namespace pncp::log_writer {

struct LoggedEvent {
    Id16 journal{};
    FeedEvent event;
};

/// The event of a line (without its '\n'); nullopt for a header, a FEED_GAP and what is no line of a log. The
/// line's hash is not checked. A READY comes without its key, which no log holds.
[[nodiscard]] std::optional<LoggedEvent> read_event(std::string_view line);

}  // namespace pncp::log_writer
