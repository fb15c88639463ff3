#include "broker/core/agent_table.hpp"

#include <algorithm>

#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// A set clock may be this far ahead of ours before its times are called wrong.
constexpr std::int64_t kClockAheadUs = 60 * 1'000'000LL;
/// A spool on disk may hold samples this old; an older age is a clock that jumped.
constexpr std::int64_t kOldestUs = 400LL * 86'400 * 1'000'000;

/// What a Raspberry Pi's firmware holds against the device now; the flags "since boot" tell of the past.
std::string throttled_of(const PointView& point) {
    std::string text;
    for (const auto& [key, value] : point.fields) {
        const bool* set = std::get_if<bool>(&value);
        if (set == nullptr || !*set || key.ends_with("_since_boot") || text.size() > 64) continue;
        text += text.empty() ? "" : "+";
        text += key.substr(0, 32);
    }
    return text;
}

/// What is kept of a sample. The hottest sensor is what people mean by "how hot is it".
struct SampleFacts {
    std::optional<double> hottest;
    std::optional<std::string> throttled;

    void note(const PointView& point) {
        if (point.measurement == "pi_throttled") throttled = throttled_of(point);
        if (point.measurement != "temp") return;
        for (const auto& [key, value] : point.fields)
            if (const auto* degrees = std::get_if<double>(&value); degrees != nullptr && key == "temp")
                hottest = std::max(hottest.value_or(*degrees), *degrees);
    }
};

bool sample_is_good(const Row& row, AgentState& agent, MetricsWalker& walker) {
    SampleFacts facts;
    if (row.stream != Stream::metrics ||
        !walker.walk(row.body, [&](const PointView& point) { facts.note(point); }))
        return false;
    if (facts.hottest) agent.temperature = facts.hottest;
    if (facts.throttled) agent.throttled = std::move(facts.throttled);
    return true;
}

bool body_is_good(const Row& row, AgentState& agent, MetricsWalker& walker) {
    switch (row.kind) {
        case RowKind::metrics:
            return sample_is_good(row, agent, walker);
        case RowKind::output:
            return row.stream == Stream::results && decode<OutputBody>(row.body).has_value();
        case RowKind::result:
            return row.stream == Stream::results && decode<ResultBody>(row.body).has_value();
        case RowKind::gap:
            return row.stream == Stream::results && decode<GapBody>(row.body).has_value();
        case RowKind::device_event:
            return row.stream == Stream::results && decode<DeviceEventBody>(row.body).has_value();
    }
    return false;
}

/// Takes the row's body.
NewEvent event_of(Row& row, const Batch& batch, const std::string& agent, const Now& now) {
    NewEvent event;
    event.name = agent;
    event.agent = agent;
    event.wall_us = row_time_us(row, batch, now);
    event.direction = Direction::agent_to_broker;
    event.origin = journal::Origin{agent, batch.spool, row.stream, row.seq};
    switch (row.kind) {
        case RowKind::metrics:
            event.event_class = EventClass::metrics;
            event.kind = EventKind::metrics;
            break;
        case RowKind::output:
            event.event_class = EventClass::result;
            event.kind = EventKind::output;
            event.command = decode<OutputBody>(row.body)->command;
            break;
        case RowKind::result:
            event.event_class = EventClass::result;
            event.kind = EventKind::result;
            event.command = decode<ResultBody>(row.body)->command;
            break;
        case RowKind::gap:
            event.event_class = EventClass::event;
            event.kind = EventKind::gap;
            break;
        case RowKind::device_event:
            event.event_class = EventClass::event;
            event.kind = EventKind::device_event;
            break;
    }
    event.body = std::move(row.body);
    return event;
}

/// The spool has dropped the rows before this one. The agent says so too, with its reason, but that row of
/// its may be lost with the device: this event is committed with the row that proves the hole.
NewEvent hole_before(const Row& row, std::uint64_t head, const Batch& batch, const std::string& agent,
                     const Now& now) {
    NewEvent event;
    event.event_class = EventClass::event;
    event.kind = EventKind::gap;
    event.name = agent;
    event.agent = agent;
    event.wall_us = now.wall_us;
    event.body =
        encode(GapBody{batch.spool, row.stream, head + 1, row.seq - 1, "dropped by the agent's spool"});
    return event;
}

}  // namespace

AgentTable::AgentTable(const journal::Recovered& recovered) {
    for (const auto& record : recovered.agents) {
        AgentState& agent = of(record.id);
        agent.record = record;
        agent.record.catalogue = {};
        if (!record.catalogue.empty()) set_catalogue(agent, record.catalogue);
    }
    for (const auto& spool : recovered.spools)
        of(spool.agent).spools[spool.spool] = {spool.heads, spool.heads, spool.heads};
}

AgentState& AgentTable::of(const std::string& id) {
    if (const auto known = by_id_.find(id); known != by_id_.end()) return *known->second;
    const auto added = agents_.try_emplace(id).first;
    added->second.record.id = id;
    by_id_.emplace(added->first, &added->second);
    return added->second;
}

const AgentState* AgentTable::find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

bool AgentTable::set_catalogue(AgentState& agent, ByteView encoded) {
    auto catalogue = catalogues_.take(encoded);
    if (!catalogue) return false;
    agent.catalogue = std::move(catalogue);
    return true;
}

journal::AgentRecord AgentState::as_kept() const {
    journal::AgentRecord kept = record;
    if (catalogue) kept.catalogue = catalogue->encoded;
    return kept;
}

std::variant<std::vector<NewEvent>, Refusal> take_batch(Batch& batch, AgentState& agent,
                                                        MetricsWalker& walker, const Now& now) {
    std::vector<NewEvent> events;
    SpoolProgress& spool = agent.spools[batch.spool];
    for (const Stream stream : {Stream::metrics, Stream::results})
        if (batch.after.of(stream) > spool.pending.of(stream)) return events;
    StreamHeads heads = spool.pending;
    StreamHeads seen;
    events.reserve(batch.rows.size());
    for (Row& row : batch.rows) {
        if (row.seq <= seen.of(row.stream)) return Refusal::payload;
        seen.of(row.stream) = row.seq;
        if (row.seq <= heads.of(row.stream)) continue;
        if (row.body.size() > limits::kRowBodyBytes || !body_is_good(row, agent, walker))
            return Refusal::payload;
        if (row.seq > heads.of(row.stream) + 1)
            events.push_back(hole_before(row, heads.of(row.stream), batch, agent.record.id, now));
        events.push_back(event_of(row, batch, agent.record.id, now));
        heads.of(row.stream) = row.seq;
    }
    spool.pending = heads;
    return events;
}

std::int64_t row_time_us(const Row& row, const Batch& batch, const Now& now) {
    if (row.clock_synced && row.wall_us <= now.wall_us + kClockAheadUs &&
        row.wall_us > now.wall_us - kOldestUs)
        return std::min(row.wall_us, now.wall_us);
    // Both numbers are the peer's: compared before they are subtracted, so that no difference can overflow.
    if (row.boot_ms < 0 || batch.sent_boot_ms < row.boot_ms) return now.wall_us;
    const std::int64_t age_ms = batch.sent_boot_ms - row.boot_ms;
    return age_ms < kOldestUs / 1000 ? now.wall_us - age_ms * 1000 : now.wall_us;
}

}  // namespace pncp::broker
