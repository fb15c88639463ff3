#include "broker/log_writer/content.hpp"

#include <string_view>

#include "schema/codec.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

/// Adds `name`, the text, and whatever it takes to have the exact bytes again.
void put_bytes(Json& to, const char* name, const Bytes& bytes) {
    const std::string_view text = text_view(bytes);
    try {
        // nlohmann's own check is the one that the line will be dumped under.
        (void)Json(text).dump();
        to[name] = text;
    } catch (const Json::exception&) {
        to[name] = Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
        to[std::string(name) + "_hex"] = to_hex(bytes);
        to["invalid_utf8"] = true;
    }
}

std::string_view stream_name(Stream stream) { return stream == Stream::metrics ? "metrics" : "results"; }

Json heads_json(const StreamHeads& heads) { return {{"metrics", heads.metrics}, {"results", heads.results}}; }

Json to_json(const MetricsBody& body) {
    // Most lines are of this kind, and braces would copy what they are given.
    Json points = Json::array();
    for (const Point& point : body.points) {
        Json entry = Json::object();
        entry["measurement"] = point.measurement;
        Json& tags = entry["tags"] = Json::object();
        for (const auto& [key, value] : point.tags) tags[key] = value;
        Json& fields = entry["fields"] = Json::object();
        for (const auto& [key, value] : point.fields)
            std::visit([&, &name = key](const auto& typed) { fields[name] = typed; }, value);
        points.push_back(std::move(entry));
    }
    Json json = Json::object();
    json["points"] = std::move(points);
    return json;
}
Json to_json(const OutputBody& body) {
    Json json = {{"command", to_hex(body.command)},
                 {"stream", body.stream == OutputStream::out ? "out" : "err"},
                 {"offset", body.offset},
                 {"size", body.bytes.size()}};
    put_bytes(json, "text", body.bytes);
    return json;
}
Json to_json(const ResultBody& body) {
    Json json = {{"command", to_hex(body.command)},
                 {"name", body.name},
                 {"outcome", outcome_name(body.outcome)},
                 {"exit_code", body.exit_code},
                 {"signal", body.signal},
                 {"duration_ms", body.duration_ms},
                 {"reason", body.reason},
                 {"out_bytes", body.out_bytes},
                 {"err_bytes", body.err_bytes},
                 {"truncated", body.truncated}};
    put_bytes(json, "out", body.out);
    put_bytes(json, "err", body.err);
    return json;
}
Json to_json(const GapBody& body) {
    return {{"spool", to_hex(body.spool)},
            {"stream", stream_name(body.stream)},
            {"first", body.first},
            {"last", body.last},
            {"reason", body.reason}};
}
Json to_json(const DeviceEventBody& body) { return {{"name", body.name}, {"detail", body.detail}}; }
Json to_json(const StatusBody& body) {
    return {{"connected", body.connected},
            {"reason", body.reason},
            {"version", body.version},
            {"boot_id", body.boot_id},
            {"clock_offset_us", body.clock_offset_us},
            {"clock_synced", body.clock_synced}};
}
Json to_json(const CommandBody& body) {
    return {{"job", to_hex(body.job)},
            {"command", to_hex(body.command)},
            {"spool", to_hex(body.spool)},
            {"operator", body.operator_id},
            {"name", body.name},
            {"arguments", body.arguments},
            {"timeout_ms", body.timeout_ms}};
}
Json to_json(const CommandAckBody& body) {
    return {{"command", to_hex(body.command)},
            {"state", command_state_name(body.state)},
            {"reason", body.reason}};
}
Json to_json(const JobBody& body) {
    Json json{{"job", to_hex(body.job)},
              {"operator", body.operator_id},
              {"name", body.name},
              {"arguments", body.arguments},
              {"target", body.target},
              {"targets", body.targets},
              {"timeout_ms", body.timeout_ms},
              {"ended", body.ended},
              {"cancelled_by", body.cancelled_by},
              {"ok", body.ok},
              {"failed", body.failed},
              {"unanswered", body.unanswered},
              {"deliver_by_us", body.deliver_by_us}};
    if (body.rollout)
        json["rollout"] = {{"batch", body.rollout->batch},
                           {"batch_percent", body.rollout->batch_percent},
                           {"pause_ms", body.rollout->pause_ms},
                           {"stop_failures", body.rollout->stop_failures},
                           {"stop_failures_percent", body.rollout->stop_failures_percent},
                           {"stop_when", body.rollout->stop_when}};
    return json;
}
Json to_json(const JobTargetsBody& body) { return {{"job", to_hex(body.job)}, {"names", body.names}}; }
Json to_json(const AlertBody& body) {
    return {{"rule", body.rule},
            {"agent", body.agent},
            {"active", body.active},
            {"text", body.text},
            {"value", body.value}};
}
Json to_json(const AuditBody& body) {
    return {{"operator", body.operator_id},
            {"action", body.action},
            {"detail", body.detail},
            {"allowed", body.allowed}};
}
Json to_json(const SecurityBody& body) {
    return {{"refusal", body.refusal}, {"peer", body.peer}, {"count", body.count}};
}
Json to_json(const Hello& body) {
    return {{"id", body.id},
            {"nonce", to_hex(body.na)},
            {"boot_id", body.boot_id},
            {"spool", to_hex(body.spool)},
            {"heads", heads_json(body.heads)},
            {"wall_us", body.wall_us},
            {"clock_synced", body.clock_synced},
            {"version", body.version},
            {"model", body.model},
            {"tags", body.tags}};
}
Json to_json(const Ready& body) {
    // Keys don't belong in a log, whatever the broker put in.
    return {{"acknowledged", heads_json(body.acknowledged)},
            {"now_us", body.now_us},
            {"catalogue", to_hex(body.catalogue)},
            {"journal", to_hex(body.journal)},
            {"feed_epoch", body.feed_epoch}};
}
Json to_json(const Bye& body) {
    return {{"reason", body.reason}, {"all_acknowledged", body.all_acknowledged}};
}
Json to_json(const Catalogue& body) {
    Json entries = Json::array();
    for (const CatalogueEntry& entry : body.entries)
        entries.push_back({{"name", entry.name},
                           {"help", entry.help},
                           {"arguments", entry.arguments},
                           {"tags", entry.tags}});
    return {{"hash", to_hex(body.hash)}, {"entries", entries}};
}
Json to_json(const AnchorBody& body) {
    return {{"consumer", body.consumer},
            {"sequence", body.sequence},
            {"hash", to_hex(body.hash)},
            {"tag", to_hex(body.tag)}};
}

template <typename Body>
Json decoded(const Bytes& bytes) {
    if (const auto body = decode<Body>(bytes)) return to_json(*body);
    return {{"undecodable", to_hex(bytes)}};
}

}  // namespace

Json content_of(const Event& event) {
    switch (event.kind) {
        case EventKind::metrics:
            return decoded<MetricsBody>(event.body);
        case EventKind::output:
            return decoded<OutputBody>(event.body);
        case EventKind::result:
            return decoded<ResultBody>(event.body);
        case EventKind::gap:
            return decoded<GapBody>(event.body);
        case EventKind::device_event:
            return decoded<DeviceEventBody>(event.body);
        case EventKind::status:
            return decoded<StatusBody>(event.body);
        case EventKind::command:
            return decoded<CommandBody>(event.body);
        case EventKind::command_ack:
            return decoded<CommandAckBody>(event.body);
        case EventKind::job:
            return decoded<JobBody>(event.body);
        case EventKind::audit:
            return decoded<AuditBody>(event.body);
        case EventKind::security:
            return decoded<SecurityBody>(event.body);
        case EventKind::hello:
            return decoded<Hello>(event.body);
        case EventKind::ready:
            return decoded<Ready>(event.body);
        case EventKind::bye:
            return decoded<Bye>(event.body);
        case EventKind::catalogue:
            return decoded<Catalogue>(event.body);
        case EventKind::anchor:
            return decoded<AnchorBody>(event.body);
        case EventKind::job_targets:
            return decoded<JobTargetsBody>(event.body);
        case EventKind::alert:
            return decoded<AlertBody>(event.body);
    }
    return {{"undecodable", to_hex(event.body)}};
}

}  // namespace pncp::log_writer
