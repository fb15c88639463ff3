// Alerts: what samples and absences lead to, as events, log lines and commands.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"
#include "schema/crypto.hpp"

namespace pncp::broker {

namespace {

/// Who is away is looked up so often.
constexpr std::int64_t kPresenceMs = 5'000;
/// Whom jobs of alerts are from; no operator can be called so.
constexpr const char* kAlertOperator = "_alert";

}  // namespace

void BrokerCore::watch_samples(const std::string& agent, const std::vector<NewEvent>& events,
                               const Now& now) {
    if (alerts_.none()) return;
    for (const NewEvent& event : events) {
        if (event.kind != EventKind::metrics || now.wall_us - event.wall_us > Alerts::kFreshMs * 1000)
            continue;
        if (const auto sample = decode<MetricsBody>(event.body))
            alert(alerts_.on_sample(facts_of(agent, now), *sample, now.boot_ms), now);
    }
}

void BrokerCore::watch_presence(const Now& now) {
    if (now.boot_ms < next_presence_ms_) return;
    next_presence_ms_ = now.boot_ms + kPresenceMs;
    for (const std::string& id : alerts_.agents()) {
        const PeerRecord* record = peers_.record(Role::agent, id);
        if (record == nullptr || record->revoked) alert(alerts_.forget(id), now);
    }
    if (!alerts_.watches_presence()) return;
    for (const auto& [id, agent] : agents_.all()) {
        const PeerRecord* record = peers_.record(Role::agent, id);
        // An agent that never came is not gone.
        if (record == nullptr || record->revoked || agent.record.last_seen_us == 0) continue;
        const bool connected = sessions_.newest(Role::agent, id) != nullptr;
        alert(alerts_.on_presence(facts_of(id, now), connected ? 0 : now.boot_ms - agent.gone_boot_ms,
                                  now.boot_ms),
              now);
    }
}

void BrokerCore::alert(const std::vector<AlertBody>& changes, const Now& now) {
    for (const AlertBody& change : changes) {
        append_event(EventClass::alert, EventKind::alert, change.rule, change.agent, Direction::feed,
                     encode(change), now.wall_us, now);
        log_line(change.active ? LogLevel::warning : LogLevel::info,
                 "alert " + change.rule + (change.active ? " for " : " is over for ") + change.agent + ": " +
                     change.value);
        if (change.active) act_on(change, now);
    }
}

void BrokerCore::act_on(const AlertBody& begun, const Now& now) {
    const AlertRule* rule = alerts_.rule(begun.rule);
    if (rule == nullptr || rule->send.empty()) return;
    // Half of the room for jobs is the operators', however many alerts begin at once.
    if (jobs_.open().size() >= limits::kJobsOpen / 2 || log_.full())
        return log_line(LogLevel::error, "alert " + begun.rule + ": " + rule->send.front() +
                                             " was not sent to " + begun.agent + ": too many jobs are open");
    const std::string unique = "alert " + to_hex(log_.journal()) + " " + std::to_string(log_.head()) + " " +
                               std::to_string(next_token_++) + " " + begun.rule + " " + begun.agent;
    const Key32 hash = sha256(view(unique));
    SendRequest request;
    std::copy_n(hash.begin(), request.job.size(), request.job.begin());
    request.target = begun.agent;
    request.name = rule->send.front();
    request.arguments.assign(rule->send.begin() + 1, rule->send.end());
    request.claims = "alert " + begun.rule;
    begin_job({}, kAlertOperator, Direction::feed, request, {begun.agent}, {}, now);
}

}  // namespace pncp::broker
