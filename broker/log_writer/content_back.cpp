// Contents of log lines back to the bodies they were made from. What a file says is nobody's word: whatever
// does not fit is nullopt, never an exception.
#include <charconv>
#include <cmath>

#include "broker/log_writer/content.hpp"
#include "schema/codec.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::log_writer {

namespace {

using Json = nlohmann::ordered_json;

/// What a content that does not fit ends with; caught in body_of().
struct Unfit {};

std::optional<Bytes> hex_bytes(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        std::uint8_t byte = 0;
        const char* end = text.data() + i + 2;
        const auto [stop, error] = std::from_chars(text.data() + i, end, byte, 16);
        if (error != std::errc() || stop != end) return std::nullopt;
        bytes.push_back(byte);
    }
    return bytes;
}

template <std::size_t N>
void read(const Json& json, ByteArray<N>& out) {
    const auto parsed = from_hex<N>(json.get_ref<const std::string&>());
    if (!parsed) throw Unfit{};
    out = *parsed;
}
void read(const Json& json, std::string& out) { out = json.get_ref<const std::string&>(); }
void read(const Json& json, bool& out) { out = json.get_ref<const bool&>(); }
void read(const Json& json, std::int64_t& out) {
    if (!json.is_number_integer()) throw Unfit{};
    out = json.get<std::int64_t>();
}
void read(const Json& json, std::uint64_t& out) {
    if (!json.is_number_integer() || (!json.is_number_unsigned() && json.get<std::int64_t>() < 0))
        throw Unfit{};
    out = json.get<std::uint64_t>();
}
void read(const Json& json, std::vector<std::string>& out) {
    if (!json.is_array()) throw Unfit{};
    for (const Json& item : json) out.push_back(item.get_ref<const std::string&>());
}
void read(const Json& json, StreamHeads& out) {
    read(json.at("metrics"), out.metrics);
    read(json.at("results"), out.results);
}
void read(const Json& json, Stream& out) { out = json == "metrics" ? Stream::metrics : Stream::results; }
void read(const Json& json, OutputStream& out) {
    out = json == "out" ? OutputStream::out : OutputStream::err;
}
void read(const Json& json, Outcome& out) {
    for (int i = 1; i <= static_cast<int>(Outcome::killed); ++i) {
        out = static_cast<Outcome>(i);
        if (json == outcome_name(out)) return;
    }
    throw Unfit{};
}
void read(const Json& json, CommandState& out) {
    out = json == "running"   ? CommandState::running
          : json == "queued"  ? CommandState::queued
          : json == "refused" ? CommandState::refused
                              : CommandState::known;
}
void read(const Json& json, FieldValue& out) {
    if (json.is_boolean()) {
        out = json.get<bool>();
    } else if (json.is_number_float()) {
        // JSON has no word for the others.
        if (!std::isfinite(json.get<double>())) throw Unfit{};
        out = json.get<double>();
    } else if (json.is_number_integer()) {
        out = json.get<std::int64_t>();
    } else {
        out = json.get_ref<const std::string&>();
    }
}
/// The counterpart of put_bytes(): the exact bytes where the text does not hold them.
void read_bytes(const Json& json, const std::string& name, Bytes& out) {
    if (!json.contains(name + "_hex")) {
        out = to_bytes(view(json.at(name).get_ref<const std::string&>()));
        return;
    }
    auto bytes = hex_bytes(json.at(name + "_hex").get_ref<const std::string&>());
    if (!bytes) throw Unfit{};
    out = std::move(*bytes);
}

void read(const Json& json, MetricsBody& body) {
    for (const Json& item : json.at("points")) {
        Point& point = body.points.emplace_back();
        read(item.at("measurement"), point.measurement);
        for (const auto& [key, value] : item.at("tags").items())
            read(value, point.tags.emplace_back(key, std::string()).second);
        for (const auto& [key, value] : item.at("fields").items())
            read(value, point.fields.emplace_back(key, FieldValue()).second);
    }
}
void read(const Json& json, OutputBody& body) {
    read(json.at("command"), body.command);
    read(json.at("stream"), body.stream);
    read(json.at("offset"), body.offset);
    read_bytes(json, "text", body.bytes);
}
void read(const Json& json, ResultBody& body) {
    read(json.at("command"), body.command);
    read(json.at("name"), body.name);
    read(json.at("outcome"), body.outcome);
    read(json.at("exit_code"), body.exit_code);
    read(json.at("signal"), body.signal);
    read(json.at("duration_ms"), body.duration_ms);
    read(json.at("reason"), body.reason);
    read(json.at("out_bytes"), body.out_bytes);
    read(json.at("err_bytes"), body.err_bytes);
    read(json.at("truncated"), body.truncated);
    read_bytes(json, "out", body.out);
    read_bytes(json, "err", body.err);
}
void read(const Json& json, GapBody& body) {
    read(json.at("spool"), body.spool);
    read(json.at("stream"), body.stream);
    read(json.at("first"), body.first);
    read(json.at("last"), body.last);
    read(json.at("reason"), body.reason);
}
void read(const Json& json, DeviceEventBody& body) {
    read(json.at("name"), body.name);
    read(json.at("detail"), body.detail);
}
void read(const Json& json, StatusBody& body) {
    read(json.at("connected"), body.connected);
    read(json.at("reason"), body.reason);
    read(json.at("version"), body.version);
    read(json.at("boot_id"), body.boot_id);
    read(json.at("clock_offset_us"), body.clock_offset_us);
    read(json.at("clock_synced"), body.clock_synced);
}
void read(const Json& json, CommandBody& body) {
    read(json.at("job"), body.job);
    read(json.at("command"), body.command);
    read(json.at("spool"), body.spool);
    read(json.at("operator"), body.operator_id);
    read(json.at("name"), body.name);
    read(json.at("arguments"), body.arguments);
    read(json.at("timeout_ms"), body.timeout_ms);
}
void read(const Json& json, CommandAckBody& body) {
    read(json.at("command"), body.command);
    read(json.at("state"), body.state);
    read(json.at("reason"), body.reason);
}
void read(const Json& json, JobBody& body) {
    read(json.at("job"), body.job);
    read(json.at("operator"), body.operator_id);
    read(json.at("name"), body.name);
    read(json.at("arguments"), body.arguments);
    read(json.at("target"), body.target);
    read(json.at("targets"), body.targets);
    read(json.at("timeout_ms"), body.timeout_ms);
    read(json.at("ended"), body.ended);
    read(json.at("cancelled_by"), body.cancelled_by);
    read(json.at("ok"), body.ok);
    read(json.at("failed"), body.failed);
    read(json.at("unanswered"), body.unanswered);
    read(json.at("deliver_by_us"), body.deliver_by_us);
    if (!json.contains("rollout")) return;
    const Json& rollout = json.at("rollout");
    Rollout& to = body.rollout.emplace();
    read(rollout.at("batch"), to.batch);
    read(rollout.at("batch_percent"), to.batch_percent);
    read(rollout.at("pause_ms"), to.pause_ms);
    read(rollout.at("stop_failures"), to.stop_failures);
    read(rollout.at("stop_failures_percent"), to.stop_failures_percent);
    read(rollout.at("stop_when"), to.stop_when);
}
void read(const Json& json, JobTargetsBody& body) {
    read(json.at("job"), body.job);
    read(json.at("names"), body.names);
}
void read(const Json& json, AlertBody& body) {
    read(json.at("rule"), body.rule);
    read(json.at("agent"), body.agent);
    read(json.at("active"), body.active);
    read(json.at("text"), body.text);
    read(json.at("value"), body.value);
}
void read(const Json& json, AuditBody& body) {
    read(json.at("operator"), body.operator_id);
    read(json.at("action"), body.action);
    read(json.at("detail"), body.detail);
    read(json.at("allowed"), body.allowed);
}
void read(const Json& json, SecurityBody& body) {
    read(json.at("refusal"), body.refusal);
    read(json.at("peer"), body.peer);
    read(json.at("count"), body.count);
}
void read(const Json& json, Hello& body) {
    read(json.at("id"), body.id);
    read(json.at("nonce"), body.na);
    read(json.at("boot_id"), body.boot_id);
    read(json.at("spool"), body.spool);
    read(json.at("heads"), body.heads);
    read(json.at("wall_us"), body.wall_us);
    read(json.at("clock_synced"), body.clock_synced);
    read(json.at("version"), body.version);
    read(json.at("model"), body.model);
    read(json.at("tags"), body.tags);
}
void read(const Json& json, Ready& body) {
    read(json.at("acknowledged"), body.acknowledged);
    read(json.at("now_us"), body.now_us);
    read(json.at("catalogue"), body.catalogue);
    read(json.at("journal"), body.journal);
    read(json.at("feed_epoch"), body.feed_epoch);
}
void read(const Json& json, Bye& body) {
    read(json.at("reason"), body.reason);
    read(json.at("all_acknowledged"), body.all_acknowledged);
}
void read(const Json& json, Catalogue& body) {
    read(json.at("hash"), body.hash);
    for (const Json& item : json.at("entries")) {
        CatalogueEntry& entry = body.entries.emplace_back();
        read(item.at("name"), entry.name);
        read(item.at("help"), entry.help);
        read(item.at("arguments"), entry.arguments);
        read(item.at("tags"), entry.tags);
    }
}
void read(const Json& json, AnchorBody& body) {
    read(json.at("consumer"), body.consumer);
    read(json.at("sequence"), body.sequence);
    read(json.at("hash"), body.hash);
    read(json.at("tag"), body.tag);
}

template <typename Body>
Bytes encoded(const Json& json) {
    Body body;
    read(json, body);
    return encode(body);
}

Bytes encoded_by_kind(EventKind kind, const Json& json) {
    switch (kind) {
        case EventKind::metrics:
            return encoded<MetricsBody>(json);
        case EventKind::output:
            return encoded<OutputBody>(json);
        case EventKind::result:
            return encoded<ResultBody>(json);
        case EventKind::gap:
            return encoded<GapBody>(json);
        case EventKind::device_event:
            return encoded<DeviceEventBody>(json);
        case EventKind::status:
            return encoded<StatusBody>(json);
        case EventKind::command:
            return encoded<CommandBody>(json);
        case EventKind::command_ack:
            return encoded<CommandAckBody>(json);
        case EventKind::job:
            return encoded<JobBody>(json);
        case EventKind::audit:
            return encoded<AuditBody>(json);
        case EventKind::security:
            return encoded<SecurityBody>(json);
        case EventKind::hello:
            return encoded<Hello>(json);
        case EventKind::ready:
            return encoded<Ready>(json);
        case EventKind::bye:
            return encoded<Bye>(json);
        case EventKind::catalogue:
            return encoded<Catalogue>(json);
        case EventKind::anchor:
            return encoded<AnchorBody>(json);
        case EventKind::job_targets:
            return encoded<JobTargetsBody>(json);
        case EventKind::alert:
            return encoded<AlertBody>(json);
    }
    throw Unfit{};
}

}  // namespace

std::optional<Bytes> body_of(EventKind kind, const Json& content) {
    try {
        if (content.contains("undecodable"))
            return hex_bytes(content.at("undecodable").get_ref<const std::string&>());
        return encoded_by_kind(kind, content);
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const Unfit&) {
        return std::nullopt;
    }
}

}  // namespace pncp::log_writer
