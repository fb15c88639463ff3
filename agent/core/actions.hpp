// What the agent's core is told and what it answers: plain values, so that a test can play the loop.
// No thread rule: values.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/spool_format.hpp"
#include "schema/bytes.hpp"
#include "schema/event_bodies.hpp"
#include "schema/program/log.hpp"

namespace pncp::agent {

/// The device's clocks at one instant. Only `boot_ms` (CLOCK_BOOTTIME, sleep included) measures time;
/// `wall_us` may say 1970 and may jump, and is only passed on.
struct Clock {
    std::int64_t boot_ms = 0;
    std::int64_t wall_us = 0;
    bool synced = false;
};

/// What the connection to the broker does, as the socket's monitor tells it.
enum class ConnectionEvent : std::uint8_t {
    connected,     ///< the handshake of the transport succeeded: frames can be sent
    disconnected,  ///< it broke
    unreachable,   ///< an attempt to connect failed: nobody listens, or no way there
    refused_key,   ///< the broker does not accept this agent's key
    wrong_broker,  ///< who answers does not hold the broker's key, or speaks no CURVE
};

/// How a command that the loop was told to run ended.
struct CommandFinished {
    Id16 command{};
    Outcome outcome = Outcome::finished;
    std::int64_t exit_code = 0;
    std::int64_t signal = 0;
    std::int64_t duration_ms = 0;
    std::string reason;
    std::string out;
    std::string err;
    bool truncated = false;  ///< the runner itself cut the output already
};

/// One frame for the open socket. A frame that the socket does not take is dropped: everything is sent again.
struct Send {
    Bytes frame;
};
/// Opens a fresh socket to the broker; there is none open.
struct OpenSocket {};
/// Closes it, with what is still queued in it.
struct CloseSocket {};
/// Answer with on_sample().
struct TakeSample {};
/// Answer with on_command_finished(), at once or later.
struct RunCommand {
    Id16 command{};
    std::string name;
    std::vector<std::string> arguments;
    std::int64_t timeout_ms = 0;
};
/// Ends a command that runs; on_command_finished() follows as ever, with Outcome::cancelled.
struct CancelCommand {
    Id16 command{};
};
/// Writes the key file anew with this key, durably; answer with on_key_saved().
struct SaveKey {
    std::uint16_t generation = 0;
    Key32 key{};
};
/// One write to a segment of this run's spool, durable before it is answered with on_spool_appended(). Offset
/// kSpoolHeaderBytes: the file is new and begins with its header.
struct SpoolAppend {
    Stream stream = Stream::metrics;
    std::uint32_t segment = 0;
    std::uint32_t offset = 0;
    Bytes bytes;
};
/// Answer with on_spool_read().
struct SpoolRead {
    Id16 spool{};
    Stream stream = Stream::metrics;
    Extent extent;
};
/// Deletes a segment: none of its rows is needed any more.
struct SpoolDelete {
    Id16 spool{};
    Stream stream = Stream::metrics;
    std::uint32_t segment = 0;
};
/// Marks this run's spool as ended in order, durably.
struct SpoolClose {
    StreamHeads heads;
};
/// Notes durably that the broker has all of a former spool, and only has to see its end.
struct SpoolHandedOver {
    Id16 spool{};
};
/// Deletes all files of a former spool, durably.
struct SpoolForget {
    Id16 spool{};
};
struct Log {
    log::Level level = log::Level::info;
    std::string text;
};

using Action =
    std::variant<Send, OpenSocket, CloseSocket, TakeSample, RunCommand, CancelCommand, SaveKey, SpoolAppend,
                 SpoolRead, SpoolDelete, SpoolClose, SpoolHandedOver, SpoolForget, Log>;
/// To be performed in order.
using Actions = std::vector<Action>;

}  // namespace pncp::agent
