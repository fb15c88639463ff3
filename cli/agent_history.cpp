#include "cli/agent_history.hpp"

#include <algorithm>

#include "cli/text.hpp"
#include "schema/codec.hpp"
#include "schema/limits.hpp"

namespace pncp::cli {
namespace {

/// Trouble on the device this long before its last signal is likely to be why it fell silent.
constexpr std::int64_t kShortlyBeforeNs = 10LL * 60 * 1'000'000'000;
constexpr std::size_t kDeviceEvents = 1'000;
/// A Pi slows itself down at 80 °C, and at 85 °C it does so hard.
constexpr double kHot = 80;
/// Little of it is left: what writes or asks for more fails.
constexpr double kFull = 95;
constexpr std::string_view kGoodbye = "it said goodbye";

bool is_power(const std::string& name) { return name == "under_voltage"; }

bool is_throttling(const std::string& name) {
    return name == "throttled" || name == "frequency_capped" || name == "soft_temp_limit";
}

std::string ago(std::int64_t then_ns, std::int64_t now_us) { return ago_text(then_ns / 1000, now_us); }

std::string before(std::int64_t event_ns, std::int64_t last_ns) {
    return event_ns >= last_ns ? "with its last signal"
                               : duration_text((last_ns - event_ns) / 1'000'000) + " before its last signal";
}

}  // namespace

void AgentHistory::take(const FeedEvent& event) {
    const Event& e = event.event;
    switch (e.kind) {
        case EventKind::metrics:
            return on_sample(event);
        case EventKind::command:
            if (auto body = decode<CommandBody>(e.body)) {
                const Id16 id = body->command;
                commands_.insert_or_assign(id, RunningCommand{std::move(*body), e.time_ns, "sent"});
            }
            return;
        case EventKind::command_ack:
            if (const auto body = decode<CommandAckBody>(e.body)) {
                const auto found = commands_.find(body->command);
                if (found != commands_.end()) found->second.state = command_state_name(body->state);
            }
            return;
        case EventKind::result:
            if (const auto body = decode<ResultBody>(e.body)) commands_.erase(body->command);
            return;
        case EventKind::hello:
            if (const auto body = decode<Hello>(e.body)) boot_id_ = body->boot_id;
            return;
        case EventKind::bye:
            if (const auto body = decode<Bye>(e.body)) unsaid_rows_ = !body->all_acknowledged;
            break;
        case EventKind::device_event:
            on_device_event(event);
            break;
        case EventKind::status:
        case EventKind::gap:
        case EventKind::alert:
            break;
        default:
            return;
    }
    recent_.emplace(event.seq, event);
    if (recent_.size() > events_) recent_.erase(recent_.begin());
}

void AgentHistory::on_sample(const FeedEvent& event) {
    // What waited on the device comes late, and is older.
    if (sample_ && event.event.time_ns < sample_ns_) return;
    const auto body = decode<MetricsBody>(event.event.body);
    if (!body) return;
    sample_ = main_numbers(*body);
    sample_ns_ = event.event.time_ns;
}

void AgentHistory::on_device_event(const FeedEvent& event) {
    auto body = decode<DeviceEventBody>(event.event.body);
    if (!body) return;
    device_events_.push_back({event.event.time_ns, std::move(body->name), std::move(body->detail)});
    if (device_events_.size() > kDeviceEvents) device_events_.erase(device_events_.begin());
}

std::vector<FeedEvent> AgentHistory::recent() const {
    std::vector<FeedEvent> events;
    for (const auto& [seq, event] : recent_) events.push_back(event);
    return events;
}

std::vector<RunningCommand> AgentHistory::running() const {
    std::vector<RunningCommand> all;
    for (const auto& [id, command] : commands_) all.push_back(command);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.since_ns < b.since_ns; });
    return all;
}

std::vector<std::string> AgentHistory::why(const AgentRow& row, std::int64_t now_us) const {
    if (row.state == "online") return {};
    if (row.state == "never")
        return {
            "It has a key, but no agent has ever come with it: start pncp-agent with that key on the "
            "device."};
    std::vector<std::string> why;
    const std::string last = utc_text(row.last_seen_us) + " (" + ago(row.last_seen_us * 1000, now_us) + ")";
    if (row.state == "stale") {
        why.push_back("Silent since " + last + "; after " + duration_text(limits::kOfflineMs) +
                      " without a sign it counts as offline.");
    } else if (row.reason.starts_with(kGoodbye)) {
        why.push_back("A clean end: " + row.reason + ". Last signal " + last + ".");
        if (unsaid_rows_)
            why.emplace_back(
                "It left with rows that were not delivered; they come when it starts again, "
                "unless it was switched off.");
    } else {
        why.push_back("No goodbye: " + (row.reason.empty() ? "nothing was heard any more" : row.reason) +
                      ". Last signal " + last + ".");
    }
    const std::size_t facts = why.size();
    if (row.last_seen_us != 0) say_trouble(row.last_seen_us * 1000, why);
    const bool clean = row.reason.starts_with(kGoodbye);
    if (why.size() == facts && !clean && row.state == "offline" && !row.reason.starts_with("the broker was"))
        why.emplace_back(
            "Nothing went wrong on the device before: look for its network (Wi-Fi, cable, "
            "router), its power, or a stopped pncp-agent.");
    return why;
}

void AgentHistory::say_trouble(std::int64_t last_ns, std::vector<std::string>& why) const {
    const DeviceEvent* power = nullptr;
    const DeviceEvent* slowed = nullptr;
    for (const DeviceEvent& event : device_events_) {
        if (event.time_ns < last_ns - kShortlyBeforeNs) continue;
        if (is_power(event.name)) power = &event;
        if (is_throttling(event.name)) slowed = &event;
    }
    const std::string now = sample_ && sample_->throttled ? *sample_->throttled : "";
    if (power != nullptr)
        why.push_back("Under-voltage " + power->detail + " " + before(power->time_ns, last_ns) +
                      ": suspect the power supply or its cable.");
    else if (now.find("under_voltage") != std::string::npos)
        why.emplace_back("Under-voltage in its last sample: suspect the power supply or its cable.");
    if (slowed != nullptr)
        why.push_back(slowed->name + " " + slowed->detail + " " + before(slowed->time_ns, last_ns) +
                      ": the device slowed itself down.");
    if (!sample_) return;
    if (sample_->temperature && *sample_->temperature >= kHot)
        why.push_back("It was hot: " + number_text(sample_->temperature, " °C") +
                      " in its last sample. Look at its cooling.");
    if (sample_->disk_percent && *sample_->disk_percent >= kFull)
        why.push_back("Its disk was full: " + number_text(sample_->disk_percent, " %") +
                      " in its last sample.");
    if (sample_->memory_percent && *sample_->memory_percent >= kFull)
        why.push_back("Its memory was full: " + number_text(sample_->memory_percent, " %") +
                      " in its last sample.");
}

}  // namespace pncp::cli
