// The lines of pncp_log.txt. Pure; any thread.
//
// The file is UTF-8, one JSON object a line, keys in this order. The first line of a file is its header:
//
//   {"pncp_log":1,"journal":HEX,"consumer":"log-writer","previous_sequence":N,"previous_hash":HEX,"time":T,
//    "hash":HEX}
//
// every other one an event as the broker journaled it, or a FEED_GAP that declares events the log can't have:
//
//   {"seq":N,"time":T,"direction":"agent->broker","agent":"pi-1","type":"RESULT","topic":"result/pi-1/",
//    "class_seq":N,"content":{…},"journal":HEX,"prev":HEX,"hash":HEX}
//
// * `hash` is the SHA-256 of the line as it would be without `,"hash":"…"`. `prev` is the hash of the line
//   before, so the lines are a chain: an edit breaks that line's own hash, a removal or a swap breaks the
//   next line's `prev`. In a header, `previous_hash` takes the place of `prev` and joins a file to the one
//   before it (64 zeros: the first). By hand:  sed -E 's/,"hash":"[0-9a-f]{64}"\}$/}/' pncp_log.txt | while
//   read -r l; do printf %s "$l" | sha256sum; done
// * `consumer` is the name of the subscriber whose log this is: ANCHOR events of that name are about it.
// * `journal` and `seq` are the cursor: whoever reads the last good line knows where to go on. A FEED_GAP
//   bears the sequence after which the log goes on, which is less than the gap's end where a journal lost its
//   tail.
// * Text of peers can't forge a line or steer a terminal: control characters (C0, DEL, C1), line separators
//   and marks of writing direction are written as \uXXXX. Bytes that are not UTF-8 become U+FFFD; output
//   bytes then come as `…_hex` too, and `invalid_utf8` is true.
// * The event can be had back byte by byte (logged_event.hpp). Where the content alone does not tell (bytes
//   that are not UTF-8, a tag given twice, …), `"raw":HEX` before `journal` is the event as the journal has
//   it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/event_bodies.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::log_writer {

/// Where the file stands: what the next line follows.
struct ChainState {
    Cursor cursor;
    Key32 hash{};  ///< of the last line; zero before the first of all
    bool operator==(const ChainState&) const = default;
};

/// Each gives the line with its '\n' and moves `chain` on.
[[nodiscard]] std::string header_line(const Id16& journal, std::string_view consumer, std::int64_t wall_us,
                                      ChainState& chain);
[[nodiscard]] std::string event_line(const FeedEvent& event, ChainState& chain);
[[nodiscard]] std::string gap_line(const FeedGap& gap, std::int64_t wall_us, ChainState& chain);

/// What stands in a line beside its content.
struct Record {
    ChainState state;     ///< where the file stands after it
    Key32 previous{};     ///< the hash it follows
    bool intact = false;  ///< its hash is that of its text
    bool header = false;
    std::string consumer;  ///< of a header; "" in logs of versions that had none
    std::int64_t time_ns = 0;
    std::string_view type;  ///< "METRICS" …, in the line; "" for a header
};
/// nullopt when `line` (without its '\n') has not the form of one. Does not parse the content.
[[nodiscard]] std::optional<Record> read_record(std::string_view line);

/// What a line says about where the file stands; nullopt unless it is whole and its hash right.
[[nodiscard]] std::optional<ChainState> read_line(std::string_view line);

/// Of a line whose type is ANCHOR or FEED_GAP; nullopt when it says something else.
[[nodiscard]] std::optional<AnchorBody> read_anchor(std::string_view line);
[[nodiscard]] std::optional<FeedGap> read_gap(std::string_view line);

/// "2026-01-31T12:00:00.123456789Z".
[[nodiscard]] std::string rfc3339_ns(std::int64_t time_ns);
/// The same back; also with less than nine digits behind the point, or none. UTC only.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339_ns(std::string_view text);

}  // namespace pncp::log_writer
