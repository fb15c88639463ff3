// The lines of pncp_log.txt. Pure; any thread.
//
// The file is UTF-8, one JSON object a line, keys in this order. The first line of a file is its header:
//
//   {"pncp_log":1,"journal":HEX,"previous_sequence":N,"previous_hash":HEX,"time":T,"hash":HEX}
//
// every other one an event as the broker journaled it, or a FEED_GAP that declares events the log can't have:
//
//   {"seq":N,"time":T,"direction":"agent->broker","agent":"pi-1","type":"RESULT","topic":"result/pi-1/",
//    "class_seq":N,"content":{…},"journal":HEX,"prev":HEX,"hash":HEX}
//
// * `hash` is the SHA-256 of the line as it would be without `,"hash":"…"`. `prev` is the hash of the line
// before, so
//   the lines are a chain: an edit breaks that line's own hash, a removal or a swap breaks the next line's
//   `prev`. In a header, `previous_hash` takes the place of `prev` and joins a file to the one before it (64
//   zeros: the first). By hand:  sed -E 's/,"hash":"[0-9a-f]{64}"\}$/}/' pncp_log.txt | while read -r l; do
//   printf %s "$l" | sha256sum; done
// * `journal` and `seq` are the cursor: whoever reads the last good line knows where to go on. A FEED_GAP
// bears the
//   sequence after which the log goes on, which is less than the gap's end where a journal lost its tail.
// * Text of peers can't forge a line or steer a terminal: control characters (C0, DEL, C1), line separators
// and marks
//   of writing direction are written as \uXXXX. Bytes that are not UTF-8 become U+FFFD; output bytes then
//   come as `hex` too, and `invalid_utf8` is true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::log_writer {

/// Where the file stands: what the next line follows.
struct ChainState {
    Cursor cursor;
    Key32 hash{};  ///< of the last line; zero before the first of all
    bool operator==(const ChainState&) const = default;
};

/// Each gives the line with its '\n' and moves `chain` on.
[[nodiscard]] std::string header_line(const Id16& journal, std::int64_t wall_us, ChainState& chain);
[[nodiscard]] std::string event_line(const FeedEvent& event, ChainState& chain);
[[nodiscard]] std::string gap_line(const FeedGap& gap, std::int64_t wall_us, ChainState& chain);

/// What a line (without its '\n') says about where the file stands; nullopt unless it is whole and its hash
/// right.
[[nodiscard]] std::optional<ChainState> read_line(std::string_view line);

/// "2026-01-31T12:00:00.123456789Z".
[[nodiscard]] std::string rfc3339_ns(std::int64_t time_ns);

}  // namespace pncp::log_writer
