#include "broker/core/alerts.hpp"

#include <algorithm>

namespace pncp::broker {

Alerts::Alerts(std::vector<AlertRule> rules, std::int64_t now_ms) : started_ms_(now_ms) {
    set_rules(std::move(rules));
}

void Alerts::set_rules(std::vector<AlertRule> rules) {
    rules_.clear();
    watches_presence_ = false;
    for (AlertRule& rule : rules) {
        Watched watched{std::move(rule), std::nullopt};
        if (watched.rule.agents != "*")
            if (auto whom = TargetExpression::parse(watched.rule.agents))
                watched.whom.emplace(std::move(*whom));
        watches_presence_ = watches_presence_ || watched.rule.condition.kind == Condition::Kind::offline;
        rules_.push_back(std::move(watched));
    }
}

const AlertRule* Alerts::rule(const std::string& name) const {
    const auto found = std::find_if(rules_.begin(), rules_.end(),
                                    [&](const Watched& each) { return each.rule.name == name; });
    return found == rules_.end() ? nullptr : &found->rule;
}

std::set<std::string> Alerts::agents() const {
    std::set<std::string> names;
    for (const auto& [key, state] : states_)
        if (state.active) names.insert(key.second);
    return names;
}

void Alerts::restore(const AlertBody& event) {
    State& state = states_[{event.rule, event.agent}];
    if (state.active != event.active) active_ += event.active ? 1 : static_cast<std::size_t>(-1);
    state.active = event.active;
    state.text = event.text;
    if (!state.active) states_.erase({event.rule, event.agent});
}

std::vector<AlertBody> Alerts::replace(std::vector<AlertRule> rules) {
    std::vector<AlertBody> ended;
    set_rules(std::move(rules));
    std::erase_if(states_, [&](const auto& entry) {
        const auto& [key, state] = entry;
        const AlertRule* still = rule(key.first);
        if (still != nullptr && (!state.active || still->when == state.text)) return false;
        if (state.active) {
            --active_;
            ended.push_back({key.first, key.second, false, state.text,
                             still == nullptr ? "the rule was removed" : "the rule was changed"});
        }
        return true;
    });
    return ended;
}

std::vector<AlertBody> Alerts::forget(const std::string& agent) {
    std::vector<AlertBody> ended;
    std::erase_if(states_, [&](const auto& entry) {
        const auto& [key, state] = entry;
        if (key.second != agent) return false;
        if (state.active) {
            --active_;
            ended.push_back({key.first, agent, false, state.text, "the agent is not enrolled any more"});
        }
        return true;
    });
    return ended;
}

std::vector<AlertBody> Alerts::on_sample(const TargetFacts& agent, const MetricsBody& sample,
                                         std::int64_t now_ms) {
    std::vector<AlertBody> changes;
    for (const Watched& watched : rules_) {
        const AlertRule& rule = watched.rule;
        if (rule.condition.kind == Condition::Kind::offline) continue;
        const auto found = find(rule.condition, sample);
        const auto over = rule.clear ? find(*rule.clear, sample) : std::nullopt;
        if (!found && !over) continue;
        const bool begins = found && found->holds;
        // Whatever `clear` says, an alert does not end while its condition holds.
        const bool ends = !begins && (!rule.clear || (over && over->holds));
        step(watched, agent, begins, ends, found ? found->value : over->value, now_ms, changes);
    }
    return changes;
}

std::vector<AlertBody> Alerts::on_presence(const TargetFacts& agent, std::int64_t silent_ms,
                                           std::int64_t now_ms) {
    std::vector<AlertBody> changes;
    // A broker that was down can't tell who was away meanwhile.
    const std::int64_t silent = std::min(silent_ms, now_ms - started_ms_);
    for (const Watched& watched : rules_) {
        if (watched.rule.condition.kind != Condition::Kind::offline) continue;
        const bool away = silent > watched.rule.condition.for_ms;
        step(watched, agent, away, silent_ms == 0,
             away ? "offline for " + std::to_string(silent / 1'000) + " s" : "it is back", now_ms, changes);
    }
    return changes;
}

void Alerts::step(const Watched& watched, const TargetFacts& agent, bool begins, bool ends,
                  const std::string& value, std::int64_t now_ms, std::vector<AlertBody>& changes) {
    const AlertRule& rule = watched.rule;
    const Key key{rule.name, std::string(agent.id)};
    auto at = states_.find(key);
    const bool active = at != states_.end() && at->second.active;
    if (!(active ? ends : begins)) {
        if (at == states_.end()) return;
        at->second.counting = false;
        if (!active) states_.erase(at);
        return;
    }
    if (!active && watched.whom && !watched.whom->matches(agent)) return;
    if (at == states_.end()) at = states_.try_emplace(key).first;
    State& state = at->second;
    if (!state.counting) state.since_ms = now_ms;
    state.counting = true;
    const bool presence = rule.condition.kind == Condition::Kind::offline;
    const std::int64_t needed_ms = active ? rule.clear_for_ms() : presence ? 0 : rule.condition.for_ms;
    if (now_ms - state.since_ms < needed_ms) return;
    changes.push_back({rule.name, key.second, !active, rule.when, value});
    state = {!active, false, 0, rule.when};
    active_ += active ? static_cast<std::size_t>(-1) : 1;
    if (active) states_.erase(at);
}

}  // namespace pncp::broker
