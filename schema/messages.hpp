// The payload of every frame but REQUEST, REPLY and EVENT, decoded once into a plain struct; those are in
// control_messages.hpp and event_bodies.hpp. Each is a msgpack map; the keys and types are in
// schema/message_fields.hpp, and PROTOCOL.md is checked against that table by a test. Times: `_us` is
// microseconds since 1970 by the sender's wall clock, `boot_ms` milliseconds on CLOCK_BOOTTIME.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/names.hpp"

namespace pncp {

// --- handshake ---

/// A spool has two streams, each numbered from 1: metrics may be dropped when it is full, results are dropped
/// last.
enum class Stream : std::uint8_t { metrics = 1, results = 2 };

/// The highest sequence of each stream; 0 = none yet.
struct StreamHeads {
    std::uint64_t metrics = 0;
    std::uint64_t results = 0;
    [[nodiscard]] std::uint64_t& of(Stream s) { return s == Stream::metrics ? metrics : results; }
    [[nodiscard]] std::uint64_t of(Stream s) const { return s == Stream::metrics ? metrics : results; }
    bool operator==(const StreamHeads&) const = default;
};

struct Hello {
    std::string id;
    Key32 na{};
    std::string boot_id;  ///< /proc/sys/kernel/random/boot_id
    Id16 spool{};         ///< zero for operators and subscribers
    StreamHeads heads;    ///< highest sequence made in that spool
    std::int64_t wall_us = 0;
    bool clock_synced = false;
    std::string version;
    std::string model;              ///< of the machine, "Raspberry Pi 5 Model B Rev 1.0"; "" unknown
    std::vector<std::string> tags;  ///< "name=value" from the agent's configuration; at most kTags
    bool operator==(const Hello&) const = default;
};

struct Challenge {
    std::string id;
    Key32 na{};
    Key32 nb{};
    Id16 session{};
    std::int64_t now_us = 0;
    bool operator==(const Challenge&) const = default;
};

struct Auth {
    std::string id;
    bool operator==(const Auth&) const = default;
};

struct Ready {
    StreamHeads acknowledged;  ///< of the spool named in HELLO
    std::int64_t now_us = 0;
    Key32 catalogue{};  ///< hash of the catalogue the broker holds of this agent; zero = none
    Id16 journal{};
    std::uint64_t feed_epoch = 0;
    std::optional<Key32> feed_key;  ///< operators and subscribers only
    bool operator==(const Ready&) const = default;
};

// --- agent -> broker ---

enum class RowKind : std::uint8_t { metrics = 1, output = 2, result = 3, gap = 4, device_event = 5 };

/// One row of the spool. `body` is a msgpack map by kind: MetricsBody, OutputBody, ResultBody, GapBody,
/// DeviceEventBody.
struct Row {
    Stream stream = Stream::metrics;
    std::uint64_t seq = 0;
    RowKind kind = RowKind::metrics;
    std::int64_t boot_ms = 0;
    std::int64_t wall_us = 0;
    bool clock_synced = false;
    Bytes body;
    bool operator==(const Row&) const = default;
};

/// Rows of one spool and one boot, ascending within each stream. `sent_boot_ms - boot_ms` is a row's age;
/// rows from an earlier boot are sent with sent_boot_ms 0, and their age is unknown.
///
/// `after` makes cumulative acknowledgement safe: for each stream, the row that stands before this batch's
/// first one in the spool (acknowledged, or sent before; 0 = none). The broker takes the batch only when it
/// has that row, so a BATCH lost on the way can't be jumped over. Sequences may jump over rows the spool
/// dropped; a GAP row declares those.
struct Batch {
    Id16 spool{};
    std::string boot_id;
    std::int64_t sent_boot_ms = 0;
    StreamHeads after;
    std::vector<Row> rows;
    bool operator==(const Batch&) const = default;
};

struct CatalogueEntry {
    std::string name;
    std::string help;
    std::vector<std::string> arguments;  ///< one text a slot, e.g. "lines: 1..1000"
    std::vector<std::string> tags{};     ///< words to find it by, as its file gives them
    bool operator==(const CatalogueEntry&) const = default;
};

/// `hash` = SHA-256 of the encoded entries, see catalogue_hash().
struct Catalogue {
    Key32 hash{};
    std::vector<CatalogueEntry> entries;
    bool operator==(const Catalogue&) const = default;
};

enum class CommandState : std::uint8_t { running = 1, queued = 2, refused = 3, known = 4 };

struct CommandAck {
    Id16 command{};
    CommandState state = CommandState::running;
    std::string reason;
    bool operator==(const CommandAck&) const = default;
};

/// Also broker -> agent, as the answer: so both ends notice a dead connection.
struct Heartbeat {
    std::int64_t wall_us = 0;
    bool clock_synced = false;
    bool operator==(const Heartbeat&) const = default;
};

struct Bye {
    std::string reason;
    bool all_acknowledged = false;  ///< the spool is empty: its end is no loss
    bool operator==(const Bye&) const = default;
};

// --- broker -> agent ---

/// Cumulative: every row up to and including these sequences is committed.
struct Ack {
    Id16 spool{};
    StreamHeads heads;
    bool operator==(const Ack&) const = default;
};

struct Command {
    Id16 command{};
    Id16 spool{};  ///< the spool it was first sent to; another one refuses it
    std::string name;
    std::vector<std::string> arguments;
    std::int64_t timeout_ms = 0;
    bool operator==(const Command&) const = default;
};

/// Ends a command that is queued or runs; the device answers with its RESULT, as ever.
struct Cancel {
    Id16 command{};
    bool operator==(const Cancel&) const = default;
};

/// The next generation of the agent's key. It writes the key where it has the present one, durably, and comes
/// back with a new HELLO under it; until then the present generation stays good.
struct Rekey {
    std::uint16_t generation = 0;
    Key32 key{};
    bool operator==(const Rekey&) const = default;
};

struct NoSession {
    std::string reason;
    bool operator==(const NoSession&) const = default;
};

}  // namespace pncp
