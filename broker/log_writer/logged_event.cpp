#include "broker/log_writer/logged_event.hpp"

#include "broker/log_writer/content.hpp"
#include "broker/log_writer/log_record.hpp"
#include "schema/codec.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

std::optional<EventKind> kind_named(std::string_view name) {
    for (int i = 1; i <= static_cast<int>(kLastEventKind); ++i)
        if (event_kind_name(static_cast<EventKind>(i)) == name) return static_cast<EventKind>(i);
    return std::nullopt;
}

std::optional<Direction> direction_named(std::string_view name) {
    for (int i = 1; i <= static_cast<int>(kLastDirection); ++i)
        if (direction_name(static_cast<Direction>(i)) == name) return static_cast<Direction>(i);
    return std::nullopt;
}

std::optional<Event> raw_event(const Json& json) {
    const auto body = body_of(EventKind::metrics, {{"undecodable", json}});
    return body ? decode<Event>(*body) : std::nullopt;
}

std::optional<Event> event_of(const Json& json) {
    if (json.contains("raw")) return raw_event(json["raw"]);
    const auto text = [&](const char* key) { return json.at(key).get<std::string>(); };
    const auto kind = kind_named(text("type"));
    const auto direction = direction_named(text("direction"));
    const auto time_ns = parse_rfc3339_ns(text("time"));
    if (!kind || !direction || !time_ns) return std::nullopt;
    auto body = body_of(*kind, json.at("content"));
    if (!body) return std::nullopt;
    Event event;
    event.topic = text("topic");
    event.class_seq = json.at("class_seq").get<std::uint64_t>();
    event.time_ns = *time_ns;
    event.agent = text("agent");
    event.direction = *direction;
    event.kind = *kind;
    event.body = std::move(*body);
    return event;
}

}  // namespace

std::optional<LoggedEvent> read_event(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    try {
        const auto journal = from_hex<16>(json.at("journal").get<std::string>());
        if (!journal || !json.contains("seq")) return std::nullopt;
        auto event = event_of(json);
        if (!event) return std::nullopt;
        return LoggedEvent{*journal, {json["seq"].get<std::uint64_t>(), std::move(*event)}};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace pncp::log_writer
