#include "cli/top_model.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "cli/agent_columns.hpp"
#include "cli/text.hpp"
#include "schema/codec.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kCourse = 120;
constexpr std::size_t kEventsKept = 2'000;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return out;
}

void add(std::deque<double>& course, const std::optional<double>& value) {
    if (!value) return;
    course.push_back(*value);
    if (course.size() > kCourse) course.pop_front();
}

/// What is worth a look when sorted by state comes first.
int rank(const std::string& state) {
    if (state == "online") return 2;
    if (state == "stale") return 1;
    return state == "offline" ? 0 : 3;
}

std::optional<double> number_of(const TopDevice& device, TopColumn column) {
    const MainNumbers none{};
    const MainNumbers& numbers = device.numbers ? *device.numbers : none;
    switch (column) {
        case TopColumn::cpu:
            return numbers.cpu_percent;
        case TopColumn::memory:
            return numbers.memory_percent;
        case TopColumn::temperature:
            return numbers.temperature;
        case TopColumn::disk:
            return numbers.disk_percent;
        case TopColumn::load:
            return numbers.load1;
        case TopColumn::seen:
            if (device.row.last_seen_us == 0) return std::nullopt;
            return static_cast<double>(device.row.last_seen_us);
        default:
            return std::nullopt;
    }
}

}  // namespace

// --- in ------------------------------------------------------------------------------------------------

void TopModel::set_agents(std::vector<AgentRow> rows) {
    std::map<std::string, TopDevice, std::less<>> devices;
    for (AgentRow& row : rows) {
        const std::string id = row.id;
        TopDevice device;
        if (const auto known = devices_.find(id); known != devices_.end()) device = std::move(known->second);
        device.row = std::move(row);
        devices.emplace(id, std::move(device));
    }
    devices_ = std::move(devices);
    stale_view_ = true;
}

void TopModel::take(const FeedEvent& event) {
    ++events_since_;
    switch (event.event.kind) {
        case EventKind::metrics:
            return take_sample(event);
        case EventKind::status:
            take_status(event);
            break;
        case EventKind::alert:
            take_alert(event);
            break;
        case EventKind::result:
            if (const auto body = decode<ResultBody>(event.event.body);
                body && event.event.agent == selected_)
                message_ =
                    event.event.agent + ": " + body->name + " " + std::string(outcome_name(body->outcome)) +
                    (body->outcome == Outcome::finished ? ", exit code " + std::to_string(body->exit_code)
                                                        : "");
            break;
        case EventKind::bye:
        case EventKind::gap:
        case EventKind::device_event:
        case EventKind::command:
            break;
        default:
            return;
    }
    events_.push_back(event);
    if (events_.size() > kEventsKept) events_.pop_front();
}

void TopModel::take_sample(const FeedEvent& event) {
    ++samples_since_;
    const auto found = devices_.find(event.event.agent);
    if (found == devices_.end()) return;
    TopDevice& device = found->second;
    // What waited on the device comes late, and is older.
    if (event.event.time_ns < device.sample_ns) return;
    const auto body = decode<MetricsBody>(event.event.body);
    if (!body) return;
    device.numbers = main_numbers(*body);
    device.sample_ns = event.event.time_ns;
    device.row.last_seen_us = std::max(device.row.last_seen_us, event.event.time_ns / 1000);
    add(device.cpu, device.numbers->cpu_percent);
    add(device.memory, device.numbers->memory_percent);
    add(device.temperature, device.numbers->temperature);
    stale_view_ = true;
}

void TopModel::take_status(const FeedEvent& event) {
    const auto found = devices_.find(event.event.agent);
    const auto body = decode<StatusBody>(event.event.body);
    if (found == devices_.end() || !body) return;
    AgentRow& row = found->second.row;
    row.state = body->connected ? "online" : "offline";
    row.reason = body->reason;
    row.version = body->version;
    stale_view_ = true;
}

void TopModel::take_alert(const FeedEvent& event) {
    const auto body = decode<AlertBody>(event.event.body);
    if (!body) return;
    const auto key = std::pair(body->rule, body->agent);
    if (body->active)
        alerts_[key] = true;
    else
        alerts_.erase(key);
}

void TopModel::tick(std::int64_t now_ms) {
    const std::int64_t passed_ms = now_ms - rated_ms_;
    if (passed_ms < 1'000) return;
    // The first second brings what was before the start, too.
    const bool settled = std::exchange(settled_, rated_ms_ != 0);
    if (settled) {
        const double seconds = static_cast<double>(passed_ms) / 1000;
        events_rate_ = static_cast<double>(events_since_) / seconds;
        samples_rate_ = static_cast<double>(samples_since_) / seconds;
    }
    rated_ms_ = now_ms;
    events_since_ = samples_since_ = 0;
}

// --- out -----------------------------------------------------------------------------------------------

bool TopModel::matches(const TopDevice& device) const {
    if (filter_.empty()) return true;
    const AgentRow& row = device.row;
    std::string all = row.id + " " + row.state + " " + row.model + " " + row.version + " " + joined(row.tags);
    if (device.numbers && device.numbers->throttled) all += " " + *device.numbers->throttled;
    all = lower(all);
    const auto words = words_of(lower(filter_));
    return std::all_of(words.begin(), words.end(),
                       [&](const std::string& word) { return all.find(word) != std::string::npos; });
}

bool TopModel::before(const TopDevice& a, const TopDevice& b) const {
    const TopDevice& low = reverse_ ? b : a;
    const TopDevice& high = reverse_ ? a : b;
    if (sort_ == TopColumn::state && low.row.state != high.row.state)
        return rank(low.row.state) < rank(high.row.state);
    if (sort_ == TopColumn::throttled) {
        const auto words = [](const TopDevice& device) {
            return device.numbers && device.numbers->throttled ? *device.numbers->throttled : std::string();
        };
        if (words(low) != words(high)) return words(low) > words(high);
    } else if (sort_ != TopColumn::name && sort_ != TopColumn::state) {
        const auto left = number_of(a, sort_);
        const auto right = number_of(b, sort_);
        if (left.has_value() != right.has_value()) return left.has_value();
        // The greatest first: that is what one looks for.
        if (left && *left != *right) return reverse_ ? *left < *right : *left > *right;
    }
    return sort_ == TopColumn::name ? natural_less(low.row.id, high.row.id)
                                    : natural_less(a.row.id, b.row.id);
}

const std::vector<const TopDevice*>& TopModel::shown() {
    if (!std::exchange(stale_view_, false)) return shown_;
    shown_.clear();
    for (const auto& [id, device] : devices_)
        if (matches(device)) shown_.push_back(&device);
    std::sort(shown_.begin(), shown_.end(),
              [this](const TopDevice* a, const TopDevice* b) { return before(*a, *b); });
    const auto at = std::find_if(shown_.begin(), shown_.end(),
                                 [&](const TopDevice* device) { return device->row.id == selected_; });
    if (at != shown_.end()) {
        selected_at_ = static_cast<std::size_t>(at - shown_.begin());
    } else if (mode_ == TopMode::list || mode_ == TopMode::filter) {
        // What was selected is filtered out, or gone.
        selected_at_ = shown_.empty() ? 0 : std::min(selected_at_, shown_.size() - 1);
        selected_ = shown_.empty() ? "" : shown_[selected_at_]->row.id;
    }
    return shown_;
}

std::size_t TopModel::selected() {
    static_cast<void>(shown());
    return selected_at_;
}

const TopDevice* TopModel::selected_device() {
    static_cast<void>(shown());
    const auto found = devices_.find(selected_);
    return found == devices_.end() ? nullptr : &found->second;
}

std::size_t TopModel::first_shown(std::size_t rows) {
    page_ = std::max<std::size_t>(rows, 1);
    const std::size_t at = selected();
    if (at < first_) first_ = at;
    if (at >= first_ + page_) first_ = at - page_ + 1;
    const std::size_t last_first = shown_.size() > page_ ? shown_.size() - page_ : 0;
    first_ = std::min(first_, last_first);
    return first_;
}

std::vector<const FeedEvent*> TopModel::events_of(const std::string& agent, std::size_t count) const {
    std::vector<const FeedEvent*> found;
    for (auto at = events_.rbegin(); at != events_.rend() && found.size() < count; ++at)
        if (at->event.agent == agent) found.push_back(&*at);
    std::reverse(found.begin(), found.end());
    return found;
}

TopModel::States TopModel::states() const {
    States states;
    states.all = devices_.size();
    for (const auto& [id, device] : devices_) {
        const std::string& state = device.row.state;
        ++(state == "online"    ? states.online
           : state == "stale"   ? states.stale
           : state == "offline" ? states.offline
                                : states.never);
    }
    return states;
}

}  // namespace pncp::cli
