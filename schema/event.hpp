// An event: what the journal keeps and the feed publishes. Its payload is encoded once, by the broker, when
// its sequence is known; the journal stores those bytes, PUB sends them, FETCH hands them out again.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "schema/bytes.hpp"
#include "schema/frame.hpp"

namespace pncp {

/// The first word of a topic. Each class has its own dense sequence besides the global one.
enum class EventClass : std::uint8_t { metrics, status, command, result, event, job, audit, alert, security };
inline constexpr std::size_t kEventClasses = 9;
/// "metrics" …
[[nodiscard]] std::string_view event_class_name(EventClass event_class);

/// What the body is: one kind a body struct in schema/event_bodies.hpp. The name is also the `type` in the
/// log.
enum class EventKind : std::uint8_t {
    metrics = 1,       ///< MetricsBody
    output = 2,        ///< OutputBody
    result = 3,        ///< ResultBody
    gap = 4,           ///< GapBody
    device_event = 5,  ///< DeviceEventBody
    status = 6,        ///< StatusBody
    command = 7,       ///< CommandBody
    command_ack = 8,   ///< CommandAckBody
    job = 9,           ///< JobBody
    audit = 10,        ///< AuditBody
    security = 11,     ///< SecurityBody
    hello = 12,        ///< Hello
    ready = 13,        ///< Ready, without its keys
    bye = 14,          ///< Bye
    catalogue = 15,    ///< Catalogue
    anchor = 16,       ///< AnchorBody
    job_targets = 17,  ///< JobTargetsBody
    alert = 18,        ///< AlertBody
};
inline constexpr auto kLastEventKind = EventKind::alert;
[[nodiscard]] std::string_view event_kind_name(EventKind kind);

/// "metrics/pi-1/", "audit/", "job/<32 hex>/" …; always ends in the separator, so that a prefix matches whole
/// names.
[[nodiscard]] std::string make_topic(EventClass event_class, std::string_view name);
/// The class of a topic; nullopt when its first word is none (`heartbeat/` is no class).
[[nodiscard]] std::optional<EventClass> topic_class(std::string_view topic);
/// The topic of the feed's heartbeat, which is not journaled.
inline constexpr std::string_view kHeartbeatTopic = "heartbeat/";

struct Event {
    std::string topic;
    std::uint64_t class_seq = 0;  ///< 1, 2, 3 … within the topic's class
    std::int64_t time_ns =
        0;              ///< point time: microseconds × 1000 + global sequence mod 1000, never changed again
    std::string agent;  ///< "" when the event is about none
    Direction direction = Direction::feed;
    EventKind kind = EventKind::metrics;
    Bytes body;  ///< msgpack map, by kind
    bool operator==(const Event&) const = default;
};

/// A page's row: an event's global sequence and its encoded payload (an Event).
struct EventRow {
    std::uint64_t seq = 0;
    Bytes event;
    bool operator==(const EventRow&) const = default;
};

/// Point time from a wall time and the sequence, so that a resend is the same point and two results are two.
[[nodiscard]] constexpr std::int64_t point_time_ns(std::int64_t wall_us, std::uint64_t sequence) {
    return wall_us * 1000 + static_cast<std::int64_t>(sequence % 1000);
}

}  // namespace pncp
