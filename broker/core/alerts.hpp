// Which rules hold for which agents: samples and absences in, beginnings and ends of alerts out. Pure; one
// thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/core/alert_rule.hpp"
#include "broker/core/target_expression.hpp"

namespace pncp::broker {

class Alerts {
  public:
    /// Rules that a file may hold.
    static constexpr std::size_t kRules = 64;
    /// A sample this old says nothing about now: it was delayed.
    static constexpr std::int64_t kFreshMs = 120'000;

    /// `now_ms`: nobody is called offline for what was before.
    Alerts(std::vector<AlertRule> rules, std::int64_t now_ms);

    /// At start, the newest event of each rule and agent, oldest first: what was active is, and begins no
    /// second time.
    void restore(const AlertBody& event);
    /// Other rules from now on. Alerts of rules that are gone or changed end.
    [[nodiscard]] std::vector<AlertBody> replace(std::vector<AlertRule> rules);

    [[nodiscard]] std::vector<AlertBody> on_sample(const TargetFacts& agent, const MetricsBody& sample,
                                                   std::int64_t now_ms);
    /// To be called for every agent now and then. `silent_ms`: not connected for so long; 0 = connected.
    [[nodiscard]] std::vector<AlertBody> on_presence(const TargetFacts& agent, std::int64_t silent_ms,
                                                     std::int64_t now_ms);
    /// The agent is not enrolled any more.
    [[nodiscard]] std::vector<AlertBody> forget(const std::string& agent);

    [[nodiscard]] bool none() const { return rules_.empty(); }
    [[nodiscard]] bool watches_presence() const { return watches_presence_; }
    [[nodiscard]] std::size_t active() const { return active_; }
    /// Agents that have an active alert.
    [[nodiscard]] std::set<std::string> agents() const;
    /// The rule of this name; nullptr when there is none.
    [[nodiscard]] const AlertRule* rule(const std::string& name) const;

  private:
    struct Watched {
        AlertRule rule;
        std::optional<TargetExpression> whom;  ///< nullopt = everybody
    };
    struct State {
        bool active = false;
        bool counting = false;  ///< since `since_ms` it is about to change
        std::int64_t since_ms = 0;
        std::string text;
    };
    using Key = std::pair<std::string, std::string>;  ///< rule, agent

    void set_rules(std::vector<AlertRule> rules);
    void step(const Watched& watched, const TargetFacts& agent, bool begins, bool ends,
              const std::string& value, std::int64_t now_ms, std::vector<AlertBody>& changes);

    std::vector<Watched> rules_;
    bool watches_presence_ = false;
    std::map<Key, State> states_;
    std::size_t active_ = 0;
    std::int64_t started_ms_;
};

}  // namespace pncp::broker
