// Every message of the protocol, decoded once into a plain struct. The payload of each is a msgpack map; the
// keys and types are in schema/message_fields.hpp, and PROTOCOL.md is checked against that table by a test.
// Times: `_us` is microseconds since 1970 by the sender's wall clock, `boot_ms` milliseconds on
// CLOCK_BOOTTIME.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/names.hpp"
#include "schema/point.hpp"

namespace pncp {

// --- handshake
// ----------------------------------------------------------------------------------------------------

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

// --- agent -> broker
// ------------------------------------------------------------------------------------------------

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

// --- broker -> agent
// ------------------------------------------------------------------------------------------------

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

struct NoSession {
    std::string reason;
    bool operator==(const NoSession&) const = default;
};

// --- bodies of rows and events
// --------------------------------------------------------------------------------------

struct MetricsBody {
    std::vector<Point> points;
    bool operator==(const MetricsBody&) const = default;
};

enum class OutputStream : std::uint8_t { out = 1, err = 2 };

/// A part of a command's output that does not fit in its RESULT row.
struct OutputBody {
    Id16 command{};
    OutputStream stream = OutputStream::out;
    std::uint64_t offset = 0;
    Bytes bytes;
    bool operator==(const OutputBody&) const = default;
};

/// How a command ended for one target: each target of a job ends in exactly one of these.
enum class Outcome : std::uint8_t {
    finished = 1,     ///< ran and exited by itself: `exit_code` says how
    timeout = 2,      ///< killed on the device at its time-out, or no answer until the job's deadline
    refused = 3,      ///< the device's whitelist or queue said no: `reason`
    offline = 4,      ///< not connected: `reason` says since when and why
    denied = 5,       ///< the operator may not
    interrupted = 6,  ///< may have run: the device lost its spool in between
    cancelled = 7,
    unknown = 8,  ///< no agent of this name
    killed = 9,   ///< ended by `signal`
};
[[nodiscard]] std::string_view outcome_name(Outcome outcome);

/// The end of a command on one device. `out` and `err` hold the last bytes of each stream, from offset
/// `out_bytes - out.size()` and `err_bytes - err.size()`; what stands before them came in OUTPUT rows.
struct ResultBody {
    Id16 command{};
    std::string name;
    Outcome outcome = Outcome::finished;
    std::int64_t exit_code = 0;
    std::int64_t signal = 0;
    std::int64_t duration_ms = 0;
    std::string reason;
    std::uint64_t out_bytes = 0;  ///< kept bytes of the stream
    std::uint64_t err_bytes = 0;
    bool truncated = false;
    Bytes out;
    Bytes err;
    bool operator==(const ResultBody&) const = default;
};

/// Declared loss: rows [first, last] of a stream of a spool do not exist any more; last 0 = everything from
/// `first` on.
struct GapBody {
    Id16 spool{};
    Stream stream = Stream::metrics;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::string reason;
    bool operator==(const GapBody&) const = default;
};

/// An edge seen on the device, such as the start of under-voltage.
struct DeviceEventBody {
    std::string name;
    std::string detail;
    bool operator==(const DeviceEventBody&) const = default;
};

/// `status/ID/`: an agent came or went.
struct StatusBody {
    bool connected = false;
    std::string reason;
    std::string version;
    std::string boot_id;
    std::int64_t clock_offset_us = 0;
    bool clock_synced = false;
    bool operator==(const StatusBody&) const = default;
};

/// `command/ID/`: a command for one agent, as sent.
struct CommandBody {
    Id16 job{};
    Id16 command{};
    Id16 spool{};
    std::string operator_id;
    std::string name;
    std::vector<std::string> arguments;
    std::int64_t timeout_ms = 0;
    bool operator==(const CommandBody&) const = default;
};

/// `job/JOB/`: a job was made or has ended. `targets` counts, the names are in the command and result events.
struct JobBody {
    Id16 job{};
    std::string operator_id;
    std::string name;
    std::vector<std::string> arguments;
    std::string target;
    std::uint64_t targets = 0;
    std::int64_t timeout_ms = 0;
    bool ended = false;
    bool operator==(const JobBody&) const = default;
};

/// `command/ID/` too: the agent took the command, or not.
struct CommandAckBody {
    Id16 command{};
    CommandState state = CommandState::running;
    std::string reason;
    bool operator==(const CommandAckBody&) const = default;
};

/// `audit/`: what an operator asked for, and whether it was allowed.
struct AuditBody {
    std::string operator_id;
    std::string action;
    std::string detail;
    bool allowed = false;
    bool operator==(const AuditBody&) const = default;
};

/// `security/`: refused frames since the last such event of the same kind.
struct SecurityBody {
    std::string refusal;
    std::string peer;  ///< as CURVE proved it; "" for a local or unproven connection
    std::uint64_t count = 0;
    bool operator==(const SecurityBody&) const = default;
};

/// `heartbeat/`: not journaled. The newest global sequence, and that of each class.
struct FeedHeartbeat {
    Id16 journal{};
    std::uint64_t epoch = 0;
    std::uint64_t head = 0;
    std::vector<std::uint64_t> class_heads;  ///< in the order of EventClass
    std::int64_t now_us = 0;
    bool operator==(const FeedHeartbeat&) const = default;
};

// --- control
// ---------------------------------------------------------------------------------------------------------

struct SendRequest {
    Id16 job{};          ///< drawn by the CLI; a known id attaches to that job
    std::string target;  ///< "*" = every agent known, else names with commas
    std::string name;
    std::vector<std::string> arguments;
    std::int64_t timeout_ms = 0;  ///< 0 = the broker's default
    std::string claims;           ///< the local user name, for the audit; proves nothing
};
/// Long poll: events of the job after sequence `after`; waits up to `wait_ms` for the first.
struct JobRequest {
    Id16 job{};
    std::uint64_t after = 0;
    std::int64_t wait_ms = 0;
};
struct AgentsRequest {
    std::string after;  ///< the last name of the page before; "" for the first
};
struct CommandsRequest {
    std::string after;
};
/// Events with sequence > `after` whose topic begins with `prefix`; at most `limit`.
struct FetchRequest {
    std::uint64_t after = 0;
    std::string prefix;
    std::uint64_t limit = 0;
};
/// Registers the consumer (named as its peer) when unknown, advances its cursor otherwise; `sequence` 0 only
/// asks.
struct CursorRequest {
    Id16 journal{};
    std::uint64_t sequence = 0;
};
struct StatusRequest {};
struct KeyIssueRequest {
    std::string id;
    Role role = Role::agent;
};
struct KeyRevokeRequest {
    std::string id;
    Role role = Role::agent;
};
struct KeyListRequest {
    std::string after;
};

using Request = std::variant<SendRequest, JobRequest, AgentsRequest, CommandsRequest, FetchRequest,
                             CursorRequest, StatusRequest, KeyIssueRequest, KeyRevokeRequest, KeyListRequest>;

/// A page's row: an event's global sequence and its encoded payload (an Event).
struct EventRow {
    std::uint64_t seq = 0;
    Bytes event;
    bool operator==(const EventRow&) const = default;
};

enum class ErrorCode : std::uint8_t {
    malformed = 1,
    unknown_command = 2,
    unknown_agent = 3,
    no_target = 4,
    denied = 5,
    unknown_job = 6,
    overload = 7,
    journal = 8,  ///< the journal cannot take it now (disk or cap)
    exists = 9,
    unknown_peer = 10,
};

struct ErrorReply {
    ErrorCode code = ErrorCode::malformed;
    std::string message;
    std::string next;
    std::vector<std::string> known;  ///< names that would have been right, nearest first
};
struct SendReply {
    Id16 job{};
    std::uint64_t targets = 0;
    bool attached = false;  ///< the job was there already
};
/// A page of a job's events (command, output, result) in order; `ended` with no rows: all of them were handed
/// out.
struct JobReply {
    Id16 job{};
    std::uint64_t targets = 0;
    std::uint64_t answered = 0;
    bool ended = false;
    std::uint64_t next = 0;  ///< `after` of the next request
    std::vector<EventRow> rows;
};
struct AgentRow {
    std::string id;
    std::string state;  ///< online, stale, offline, never
    std::int64_t last_seen_us = 0;
    std::string reason;  ///< why it is offline
    std::string version;
    std::int64_t clock_offset_us = 0;
    bool clock_synced = false;
    std::string catalogue;  ///< first 8 hex digits of its hash
};
struct AgentsReply {
    std::vector<AgentRow> rows;
    std::string next;  ///< "" = no more
};
struct CommandRow {
    std::string name;
    std::string help;
    std::vector<std::string> arguments;
    std::uint64_t agents = 0;  ///< how many offer it
};
struct CommandsReply {
    std::vector<CommandRow> rows;
    std::string next;
};
struct FetchReply {
    Id16 journal{};
    std::uint64_t oldest = 0;  ///< the oldest sequence still held
    std::uint64_t head = 0;
    std::uint64_t next = 0;  ///< every event of the prefix up to here is in this page or a page before
    std::vector<EventRow> rows;
};
struct CursorReply {
    Id16 journal{};
    std::uint64_t sequence = 0;
};
/// One number or text of the broker's state, e.g. {"journal.head", "8123"}.
struct StatusRow {
    std::string name;
    std::string value;
};
struct StatusReply {
    std::vector<StatusRow> rows;
};
/// What `key issue` writes into a key file.
struct KeyIssueReply {
    std::string id;
    Role role = Role::agent;
    std::uint16_t generation = 1;
    Key32 key{};
    Key32 broker{};
    std::vector<std::string> endpoints;  ///< "agents=tcp://…", "control=…", "feed=…"
};
struct KeyRow {
    std::string id;
    Role role = Role::agent;
    std::uint16_t generation = 1;
    bool revoked = false;
    std::string fingerprint;
    bool connected = false;
};
struct KeyListReply {
    std::vector<KeyRow> rows;
    std::string next;
};
struct DoneReply {
    std::string text;
};

using Reply = std::variant<ErrorReply, SendReply, JobReply, AgentsReply, CommandsReply, FetchReply,
                           CursorReply, StatusReply, KeyIssueReply, KeyListReply, DoneReply>;

}  // namespace pncp
