// What agents send: their coming and going, their rows, their answers.
#include <algorithm>
#include <limits>
#include <utility>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// Text of a peer that is kept or shown is cut here: a reason is a sentence, not a file.
constexpr std::size_t kShownText = 200;
/// An agent that was silent this long is sent a HEARTBEAT: when its connection is gone, the ROUTER then says
/// so.
constexpr std::int64_t kProbeMs = 15'000;
/// A device that stays connected is said to be so once a day: a store forgets what is older than it keeps.
constexpr std::int64_t kStatusAgainMs = 24LL * 3'600'000;
/// Rows that are durable and not acknowledged yet, at most: half of what an agent may have on the way in
/// frames of one row, so that it never stands still for want of an ACK.
constexpr std::uint64_t kRowsUntold = limits::kBatchesInFlight / 2;

std::string shown(std::string text) {
    if (text.size() > kShownText) text.resize(kShownText);
    return text;
}

/// How far the device's clock is from ours. It may claim any time at all.
std::int64_t offset_us(std::int64_t theirs_us, const Now& now) {
    constexpr std::int64_t kFarthestUs = std::numeric_limits<std::int64_t>::max() / 2;
    return std::clamp(theirs_us, -kFarthestUs, kFarthestUs) - now.wall_us;
}

/// What the device says of itself, within the limits of what is kept and shown. What is cut in HELLO is cut
/// in its event too.
void describe(AgentState& agent, Live& live) {
    Hello& hello = live.hello;
    hello.model = shown(std::move(hello.model));
    if (hello.tags.size() > limits::kTags) hello.tags.resize(limits::kTags);
    for (std::string& tag : hello.tags)
        if (tag.size() > limits::kTagTextBytes) tag.resize(limits::kTagTextBytes);
    agent.model = hello.model;
    agent.tags = hello.tags;
    agent.address = live.peer_address;
}

}  // namespace

void BrokerCore::agent_connected(Live& live, const Now& now) {
    const std::string id = live.peer().id;
    AgentState& agent = agents_.of(id);
    const bool may_lose_anew = agent.record.all_acknowledged || agent.record.spool != live.hello.spool;
    change_spool(agent, live.hello, now);
    const bool was_connected = agent.record.connected;
    agent.record.connected = true;
    agent.record.all_acknowledged = false;
    agent.record.last_seen_us = now.wall_us;
    agent.record.reason.clear();
    agent.record.version = shown(live.hello.version);
    agent.record.boot_id = shown(live.hello.boot_id);
    agent.record.clock_offset_us = offset_us(live.hello.wall_us, now);
    agent.record.clock_synced = live.hello.clock_synced;
    describe(agent, live);
    if (!was_connected) ++online_;

    live.hello.version = agent.record.version;
    live.hello.boot_id = agent.record.boot_id;
    append_event(EventClass::status, EventKind::hello, id, id, Direction::agent_to_broker, encode(live.hello),
                 now.wall_us, now);
    if (!was_connected) {
        say_status(agent, "", now.wall_us, now);
        log_line(LogLevel::info, "agent " + id + " connected (" + agent.record.version + ")");
    }
    log_.append(agent.as_kept(), may_lose_anew);
    if (may_lose_anew) {
        agent.ready_ticket = next_token_++;
        welcomes_[agent.ready_ticket] = id;
        log_.append_ticket(agent.ready_ticket);
    }
    if (agent.ready_ticket == 0) welcome(live, agent, now);
}

void BrokerCore::welcome(Live& live, AgentState& agent, const Now& now) {
    // What was accepted but not committed when the older session ended is still on its way: its commit
    // acknowledges it.
    SpoolProgress& spool = agent.spools[live.hello.spool];
    spool.told = spool.committed;
    send_ready(live, spool.committed, agent.catalogue ? agent.catalogue->hash : Key32{}, now);
    hand_over(live);
    resend_commands(agent.record.id, live.hello.spool, now);
}

// That this spool may lose rows from now on is durable, and what was declared of the one before. Without that
// a broker killed here would not know of it, and the agent, which goes on to its next spool once this one is
// handed over, would not name it again.
bool BrokerCore::welcome_waiting(std::uint64_t ticket, const Now& now) {
    const auto found = welcomes_.find(ticket);
    if (found == welcomes_.end()) return false;
    AgentState& agent = agents_.of(found->second);
    welcomes_.erase(found);
    // It may have come again since, with another spool.
    if (agent.ready_ticket != ticket) return true;
    agent.ready_ticket = 0;
    if (Live* live = sessions_.agent(agent.record.id); live != nullptr) welcome(*live, agent, now);
    return true;
}

void BrokerCore::change_spool(AgentState& agent, const Hello& hello, const Now& now) {
    const Id16 old = agent.record.spool;
    if (old == hello.spool) {
        agent.record.made = hello.heads;
        return;
    }
    const auto known = agent.spools.find(old);
    if (old != Id16{} && !agent.record.all_acknowledged) {
        const StreamHeads held = known == agent.spools.end() ? StreamHeads{} : known->second.pending;
        for (const Stream stream : {Stream::metrics, Stream::results}) {
            const std::uint64_t first = held.of(stream) + 1;
            // Where the loss ends nobody knows (0): the device may have made rows after all that it last told
            // us.
            append_event(EventClass::event, EventKind::gap, agent.record.id, agent.record.id, Direction::feed,
                         encode(GapBody{old, stream, first, 0, "spool lost"}), now.wall_us, now);
        }
        log_line(LogLevel::warning,
                 "agent " + agent.record.id +
                     " came back without its spool: what it had not delivered is declared lost");
    }
    agent.record.spool = hello.spool;
    agent.record.made = hello.heads;
}

void BrokerCore::say_status(AgentState& agent, const std::string& reason, std::int64_t wall_us,
                            const Now& now) {
    const StatusBody status{agent.record.connected,       reason,
                            agent.record.version,         agent.record.boot_id,
                            agent.record.clock_offset_us, agent.record.clock_synced};
    append_event(EventClass::status, EventKind::status, agent.record.id, agent.record.id,
                 agent.record.connected ? Direction::agent_to_broker : Direction::feed, encode(status),
                 wall_us, now);
    agent.said_boot_ms = now.boot_ms;
}

void BrokerCore::agent_disconnected(const std::string& id, const std::string& reason, std::int64_t wall_us,
                                    const Now& now) {
    AgentState& agent = agents_.of(id);
    if (!agent.record.connected) return;
    agent.record.connected = false;
    agent.record.reason = reason;
    agent.record.last_seen_us = wall_us;
    agent.gone_boot_ms = now.boot_ms;
    if (online_ > 0) --online_;
    say_status(agent, reason, wall_us, now);
    log_.append(agent.as_kept(), false);
    log_line(LogLevel::info, "agent " + id + " disconnected: " + reason);
}

void BrokerCore::on_agent_frame(Live& live, const Verified& frame, const Now& now) {
    const Address from = live.address;
    const std::string identity = live.curve_identity;
    const std::string id = live.peer().id;
    switch (frame.type) {
        case FrameType::batch: {
            auto batch = decode<Batch>(frame.payload);
            if (!batch) return refuse(from, identity, Refusal::payload, now);
            return on_batch(live, *batch, now);
        }
        case FrameType::heartbeat: {
            const auto beat = decode<Heartbeat>(frame.payload);
            if (!beat) return refuse(from, identity, Refusal::payload, now);
            auto& record = agents_.of(id).record;
            record.clock_offset_us = offset_us(beat->wall_us, now);
            record.clock_synced = beat->clock_synced;
            if (now.boot_ms - live.answered_ms < limits::kHeartbeatAnswerMs) return;
            live.answered_ms = now.boot_ms;
            return send(live, FrameType::heartbeat, Heartbeat{now.wall_us, true});
        }
        case FrameType::command_ack: {
            const auto ack = decode<CommandAck>(frame.payload);
            if (!ack) return refuse(from, identity, Refusal::payload, now);
            append_event(EventClass::command, EventKind::command_ack, id, id, Direction::agent_to_broker,
                         encode(CommandAckBody{ack->command, ack->state, shown(ack->reason)}), now.wall_us,
                         now);
            // A device that refuses a command makes no RESULT for it.
            const auto found = jobs_.by_command(ack->command);
            if (ack->state == CommandState::refused && found.job != nullptr && *found.agent == id)
                end_target(*found.job, id, *found.target, Outcome::refused, shown(ack->reason), Keep::always,
                           now);
            return;
        }
        case FrameType::catalogue: {
            AgentState& agent = agents_.of(id);
            if (frame.payload.size() > limits::kRowBodyBytes)
                return refuse(from, identity, Refusal::payload, now);
            if (!agents_.set_catalogue(agent, frame.payload))
                return refuse(from, identity, Refusal::payload, now);
            append_event(EventClass::status, EventKind::catalogue, id, id, Direction::agent_to_broker,
                         to_bytes(frame.payload), now.wall_us, now);
            return log_.append(agent.as_kept(), false);
        }
        case FrameType::bye: {
            const auto bye = decode<Bye>(frame.payload);
            if (!bye) return refuse(from, identity, Refusal::payload, now);
            return on_bye(live, *bye, now);
        }
        case FrameType::hello:
        case FrameType::challenge:
        case FrameType::auth:
        case FrameType::ready:
        case FrameType::ack:
        case FrameType::command:
        case FrameType::rekey:
        case FrameType::no_session:
        case FrameType::event:
        case FrameType::request:
        case FrameType::reply:
        case FrameType::cancel:
            return refuse(from, identity, Refusal::role, now);
    }
}

void BrokerCore::on_batch(Live& live, Batch& batch, const Now& now) {
    // No room is not an error of the agent's: it keeps the rows and sends them again.
    if (!takes(batch)) return;
    if (batch.spool != live.hello.spool)
        return refuse(live.address, live.curve_identity, Refusal::payload, now);
    const std::string id = live.peer().id;
    AgentState& agent = agents_.of(id);
    auto taken = take_batch(batch, agent, walker_, now);
    if (auto* refusal = std::get_if<Refusal>(&taken))
        return refuse(live.address, live.curve_identity, *refusal, now);
    auto& events = std::get<std::vector<NewEvent>>(taken);
    if (events.empty()) {
        ++counts_.batches_out_of_order;
        // Nothing new: the agent has missed an ACK, or a batch was lost on the way. Both are told where we
        // stand.
        const auto& spool = agent.spools[batch.spool];
        if (spool.committed == spool.pending) acknowledge(id);
        return;
    }
    agent.record.last_seen_us = now.wall_us;
    watch_samples(id, events, now);
    for (NewEvent& event : events) log_.append(std::move(event), now);
}

void BrokerCore::on_bye(Live& live, const Bye& bye, const Now& now) {
    const std::string id = live.peer().id;
    AgentState& agent = agents_.of(id);
    const SpoolProgress& spool = agent.spools[live.hello.spool];
    agent.record.all_acknowledged = bye.all_acknowledged && spool.committed == spool.pending;
    append_event(EventClass::status, EventKind::bye, id, id, Direction::agent_to_broker,
                 encode(Bye{shown(bye.reason), bye.all_acknowledged}), now.wall_us, now);
    sessions_.end(live.address);
    agent_disconnected(id, "it said goodbye: " + shown(bye.reason), now.wall_us, now);
}

void BrokerCore::acknowledge_soon(const std::string& id, const Now& now) {
    const Live* live = sessions_.agent(id);
    if (live == nullptr) return;
    AgentState& agent = agents_.of(id);
    const auto& spool = agent.spools[live->hello.spool];
    const std::uint64_t rows =
        spool.committed.metrics - spool.told.metrics + spool.committed.results - spool.told.results;
    if (rows >= kRowsUntold) return acknowledge(id);
    if (std::exchange(agent.ack_waits, true)) return;
    acks_.emplace_back(now.boot_ms + kAckDelayMs, id);
}

void BrokerCore::acknowledge_due(std::int64_t boot_ms) {
    while (!acks_.empty() && acks_.front().first <= boot_ms) {
        const std::string id = std::move(acks_.front().second);
        acks_.pop_front();
        AgentState& agent = agents_.of(id);
        agent.ack_waits = false;
        const Live* live = sessions_.agent(id);
        if (live == nullptr) continue;
        // READY, or the answer to a batch that was sent again, may have told it meanwhile.
        const auto& spool = agent.spools[live->hello.spool];
        if (!(spool.told == spool.committed)) acknowledge(id);
    }
}

void BrokerCore::acknowledge(const std::string& id) {
    Live* live = sessions_.agent(id);
    if (live == nullptr) return;
    auto& spool = agents_.of(id).spools[live->hello.spool];
    spool.told = spool.committed;
    send(*live, FrameType::ack, Ack{live->hello.spool, spool.committed});
}

void BrokerCore::watch_agents(const Now& now) {
    std::vector<Address> silent;
    stale_ = 0;
    sessions_.for_each_agent([&](Live& live) {
        const std::int64_t silence = now.boot_ms - live.heard_ms;
        if (silence > limits::kStaleMs && silence <= limits::kOfflineMs) ++stale_;
        if (silence > limits::kOfflineMs) return silent.push_back(live.address);
        AgentState& agent = agents_.of(live.peer().id);
        if (agent.record.connected && now.boot_ms - agent.said_boot_ms >= kStatusAgainMs)
            say_status(agent, "still connected", now.wall_us, now);
        if (silence < kProbeMs || now.boot_ms - live.probed_ms < kProbeMs) return;
        live.probed_ms = now.boot_ms;
        send(live, FrameType::heartbeat, Heartbeat{now.wall_us, true});
    });
    for (const Address& address : silent) {
        Live* live = sessions_.find(address);
        const std::string id = live->peer().id;
        const std::int64_t silence_ms = now.boot_ms - live->heard_ms;
        sessions_.end(address);
        agent_disconnected(id, "nothing heard for " + std::to_string(silence_ms / 1000) + " s",
                           now.wall_us - silence_ms * 1000, now);
    }
}

}  // namespace pncp::broker
