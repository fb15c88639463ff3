// Bodies of the rows agents send and of the events the broker journals and publishes: one struct a kind. Each
// is a msgpack map; see schema/message_fields.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/messages.hpp"
#include "schema/point.hpp"

namespace pncp {

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
[[nodiscard]] std::string_view command_state_name(CommandState state);

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

/// `status/ID/`: an agent came or went, or is still there (once a day).
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

/// In batches: the next one begins when every target of the one before has ended and the pause is over.
struct Rollout {
    std::uint64_t batch = 1;  ///< targets at once
    bool batch_percent = false;
    std::int64_t pause_ms = 0;
    std::uint64_t stop_failures = 0;  ///< stop when so many have not ended as ok; 0 = go on whatever happens
    bool stop_failures_percent = false;
    std::string stop_when{};  ///< an expression; stop when it means one of the targets begun; "" = never
    bool operator==(const Rollout&) const = default;
};

/// `job/JOB/`: a job was made, was cancelled or has ended. `targets` counts, the names are in the command and
/// result events.
struct JobBody {
    Id16 job{};
    std::string operator_id;
    std::string name;
    std::vector<std::string> arguments;
    std::string target;
    std::uint64_t targets = 0;
    std::int64_t timeout_ms = 0;
    bool ended = false;
    std::string cancelled_by{};  ///< the operator, from then on
    // When it has ended: of its targets.
    std::uint64_t ok{0};            ///< finished with exit code 0
    std::uint64_t failed{0};        ///< answered otherwise
    std::uint64_t unanswered{0};    ///< offline, timeout, interrupted, unknown
    std::int64_t deliver_by_us{0};  ///< targets that are offline get it until then; 0 = they don't
    std::optional<Rollout> rollout{};
    bool operator==(const JobBody&) const = default;
};

/// `job/JOB/` too: targets whose turn comes later, so that the job goes on after a restart of the broker.
struct JobTargetsBody {
    Id16 job{};
    std::vector<std::string> names;
    bool operator==(const JobTargetsBody&) const = default;
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

/// `audit/CONSUMER/`: a consumer of the feed (the log writer) has stored everything up to `sequence`, and its
/// chain of hashes stands at `hash`. `tag` = HMAC(K_anchor, …), which only the broker can make or check.
struct AnchorBody {
    std::string consumer;
    std::uint64_t sequence = 0;
    Key32 hash{};
    Key32 tag{};
    bool operator==(const AnchorBody&) const = default;
};

/// `alert/RULE/`: one of the broker's rules began to hold for an agent, or holds no more.
struct AlertBody {
    std::string rule;  ///< its name
    std::string agent;
    bool active = false;
    std::string text;   ///< the rule's condition as written: "temp > 80 for 1m"
    std::string value;  ///< what made it so: "temp 83.1"
    bool operator==(const AlertBody&) const = default;
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

}  // namespace pncp
