#include "broker/influx_bridge/event_lines.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "schema/codec.hpp"
#include "schema/names.hpp"

namespace pncp::influx {

namespace {

constexpr std::string_view kConsumer = "influx-bridge";

std::int64_t clamp(std::uint64_t value) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(value, most));
}

bool has_tag(const PointView& point, std::string_view key) {
    return std::any_of(point.tags.begin(), point.tags.end(),
                       [&](const auto& tag) { return tag.first == key && !tag.second.empty(); });
}

/// A device must not give another one's name as its own; and the server refuses a point that gives a tag
/// twice, which only the renaming of `time` can bring about (decoding refuses doubled keys).
bool left_out(const PointView& point, std::string_view key) {
    return key == "agent" || (key == "time" && has_tag(point, "time_"));
}

/// True when the point itself gives the name a meaning: the agent's configuration must not change it, nor
/// make a tag of the name of a field, since queries could no longer tell the two apart.
bool names(const PointView& point, std::string_view key) {
    return has_tag(point, key) || std::any_of(point.fields.begin(), point.fields.end(),
                                              [&](const auto& field) { return field.first == key; });
}

/// Measurements that only the broker's own events may write: a device's point could give their fields another
/// type, and InfluxDB would then refuse everybody's.
bool reserved(std::string_view measurement) { return measurement == "agent_status" || measurement == "pncp"; }

/// As LineBuilder::tag() writes it: nothing for an agent without a name.
void write_tag(std::string& out, std::string_view key, std::string_view value) {
    out.clear();
    if (value.empty()) return;
    ((out += ',') += key) += '=';
    append_tag(out, value);
}

/// A RESULT of these is worth a point even if the command printed nothing: it ran.
bool ran_to_its_end(Outcome outcome) { return outcome == Outcome::finished || outcome == Outcome::killed; }

}  // namespace

void EventLines::handle(std::uint64_t seq, const Event& event, std::int64_t now_ms, Lines& lines) {
    tags_.on_event(seq, event);
    switch (event.kind) {
        case EventKind::metrics:
            metrics(event, lines);
            break;
        case EventKind::output:
            output(seq, event, now_ms);
            break;
        case EventKind::result:
            result(event, lines);
            break;
        case EventKind::gap:
            gap(event, lines);
            break;
        case EventKind::status:
            status(event, lines);
            break;
        case EventKind::device_event:
        case EventKind::command:
        case EventKind::command_ack:
        case EventKind::job:
        case EventKind::audit:
        case EventKind::security:
        case EventKind::hello:
        case EventKind::ready:
        case EventKind::bye:
        case EventKind::catalogue:
        case EventKind::anchor:
        case EventKind::job_targets:
        case EventKind::alert:
            break;
    }
    for (DroppedOutput& dropped : outputs_.take_dropped()) {
        Lines scratch;
        LineBuilder line(scratch, "dropped_output");
        line.tag("agent", event.agent);
        line.text_field("output", dropped.text);
        (void)line.finish(event.time_ns);
        dead_.push_back({std::move(dropped.reason), std::move(scratch.text)});
    }
}

void EventLines::replay(std::uint64_t seq, const Event& event, std::int64_t now_ms) {
    tags_.on_event(seq, event);
    if (event.kind == EventKind::output) output(seq, event, now_ms);
    if (event.kind == EventKind::result)
        if (const auto body = decode<ResultBody>(event.body)) (void)outputs_.finish(event.agent, *body);
}

void EventLines::undecodable(const Event& event) {
    dead_.push_back({"event of topic " + event.topic + " has a body that is no " +
                         std::string(event_kind_name(event.kind)) + "; is this bridge older than the broker?",
                     {}});
}

void EventLines::metrics(const Event& event, Lines& lines) {
    const std::size_t bytes = lines.text.size();
    const std::size_t count = lines.count();
    const std::size_t dead = dead_.size();
    write_tag(agent_tag_, "agent", event.agent);
    write_tag(host_tag_, "host", event.agent);
    time_ = std::to_string(event.time_ns);
    if (walker_.walk(event.body, [&](const PointView& each) { point(event, each, lines); })) return;
    lines.text.resize(bytes);
    lines.starts.resize(count);
    dead_.resize(dead);
    undecodable(event);
}

void EventLines::point(const Event& event, const PointView& point, Lines& lines) {
    const std::size_t begin = lines.text.size();
    LineBuilder line(lines, point.measurement, string_fields_);
    line.ready_tags(agent_tag_);
    if (point.measurement == "metrics") {
        add_agent_tags(line, event.agent, "output");
        for (const auto& [key, value] : point.fields)
            if (key == "output" && std::holds_alternative<std::string_view>(value)) line.field(key, value);
        (void)line.finish(time_);
        return;
    }
    bool host = has_tag(point, "host");
    for (const auto& [key, value] : tags_of(event.agent)) {
        if (names(point, key)) continue;
        line.tag(key, value);
        host = host || key == "host";
    }
    if (!host) line.ready_tags(host_tag_);
    for (const auto& [key, value] : point.tags)
        if (!left_out(point, key)) line.tag(key, value);
    for (const auto& [key, value] : point.fields) {
        // `output` is a command's text in a measurement of the command's name: another type would make it
        // refused there.
        const bool mistyped = key == "output" && !std::holds_alternative<std::string_view>(value);
        line.field(mistyped ? std::string_view("output_") : key, value);
    }
    // The broker's own numbers are nobody's: no agent is called "".
    if (!line.finish(time_) || event.agent.empty() || !reserved(point.measurement)) return;
    dead_.push_back({"agent " + event.agent + " sent a point of the reserved measurement " +
                         std::string(point.measurement),
                     lines.text.substr(begin)});
    lines.text.resize(begin);
    lines.starts.pop_back();
}

const AgentTags::Tags& EventLines::tags_of(const std::string& agent) const {
    static const AgentTags::Tags none;
    return agent_tags_ ? tags_.of(agent) : none;
}

void EventLines::add_agent_tags(LineBuilder& line, const std::string& agent, std::string_view field) const {
    for (const auto& [key, value] : tags_of(agent))
        if (key != field) line.tag(key, value);
}

void EventLines::status(const Event& event, Lines& lines) {
    const auto body = decode<StatusBody>(event.body);
    if (!body) return undecodable(event);
    LineBuilder line(lines, "agent_status", string_fields_);
    line.tag("agent", event.agent);
    add_agent_tags(line, event.agent, "status");
    line.text_field("status", body->connected ? "connected" : "disconnected");
    (void)line.finish(event.time_ns);
}

void EventLines::output(std::uint64_t seq, const Event& event, std::int64_t now_ms) {
    const auto body = decode<OutputBody>(event.body);
    if (!body) return undecodable(event);
    outputs_.add(event.agent, *body, seq, now_ms);
}

void EventLines::result(const Event& event, Lines& lines) {
    const auto body = decode<ResultBody>(event.body);
    if (!body) return undecodable(event);
    const std::string text = outputs_.finish(event.agent, *body);
    if (text.empty() && !ran_to_its_end(body->outcome)) return;
    const bool good_name = valid_command_name(body->name);
    Lines refused;
    LineBuilder line(good_name ? lines : refused, body->name, string_fields_ || !good_name);
    line.tag("agent", event.agent);
    add_agent_tags(line, event.agent, "output");
    line.text_field("output", text);
    (void)line.finish(event.time_ns);
    if (!good_name)
        dead_.push_back({"agent " + event.agent + " sent a result of a command that can't be called so",
                         std::move(refused.text)});
}

void EventLines::write_gap(LineBuilder& line, std::uint64_t first, std::uint64_t last,
                           std::string_view reason) {
    line.int_field("first", clamp(first));
    line.int_field("last", clamp(last));
    line.int_field("count",
                   last < first ? 0 : clamp(last - first + (last - first < ~std::uint64_t{0} ? 1 : 0)));
    line.text_field("reason", reason);
}

void EventLines::gap(const Event& event, Lines& lines) {
    const auto body = decode<GapBody>(event.body);
    if (!body) return undecodable(event);
    LineBuilder line(lines, "pncp", string_fields_);
    line.tag("agent", event.agent);
    line.tag("kind", "gap");
    write_gap(line, body->first, body->last, body->reason);
    (void)line.finish(event.time_ns);
}

void EventLines::handle_gap(std::uint64_t first, std::uint64_t last, std::string_view reason,
                            std::int64_t time_ns, Lines& lines) {
    LineBuilder line(lines, "pncp", string_fields_);
    line.tag("consumer", kConsumer);
    line.tag("kind", "gap");
    write_gap(line, first, last, reason);
    (void)line.finish(time_ns);
}

std::vector<DeadLetter> EventLines::take_dead() { return std::exchange(dead_, {}); }

}  // namespace pncp::influx
