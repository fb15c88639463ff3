#include "schema/event.hpp"

namespace pncp {

std::string_view event_class_name(EventClass event_class) {
    switch (event_class) {
        case EventClass::metrics:
            return "metrics";
        case EventClass::status:
            return "status";
        case EventClass::command:
            return "command";
        case EventClass::result:
            return "result";
        case EventClass::event:
            return "event";
        case EventClass::job:
            return "job";
        case EventClass::audit:
            return "audit";
        case EventClass::alert:
            return "alert";
        case EventClass::security:
            return "security";
    }
    return "unknown";
}

std::string_view event_kind_name(EventKind kind) {
    switch (kind) {
        case EventKind::metrics:
            return "METRICS";
        case EventKind::output:
            return "OUTPUT";
        case EventKind::result:
            return "RESULT";
        case EventKind::gap:
            return "GAP";
        case EventKind::device_event:
            return "DEVICE_EVENT";
        case EventKind::status:
            return "STATUS";
        case EventKind::command:
            return "COMMAND";
        case EventKind::command_ack:
            return "COMMAND_ACK";
        case EventKind::job:
            return "JOB";
        case EventKind::audit:
            return "AUDIT";
        case EventKind::security:
            return "SECURITY";
        case EventKind::hello:
            return "HELLO";
        case EventKind::ready:
            return "READY";
        case EventKind::bye:
            return "BYE";
        case EventKind::catalogue:
            return "CATALOGUE";
        case EventKind::anchor:
            return "ANCHOR";
        case EventKind::job_targets:
            return "JOB_TARGETS";
        case EventKind::alert:
            return "ALERT";
    }
    return "UNKNOWN";
}

std::string make_topic(EventClass event_class, std::string_view name) {
    std::string topic(event_class_name(event_class));
    topic += '/';
    if (!name.empty()) {
        topic += name;
        topic += '/';
    }
    return topic;
}

std::optional<EventClass> topic_class(std::string_view topic) {
    const auto slash = topic.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    for (std::size_t i = 0; i < kEventClasses; ++i) {
        const auto event_class = static_cast<EventClass>(i);
        if (topic.substr(0, slash) == event_class_name(event_class)) return event_class;
    }
    return std::nullopt;
}

}  // namespace pncp
