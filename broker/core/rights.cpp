#include "broker/core/rights.hpp"

#include <algorithm>

namespace pncp::broker {

bool glob_matches(std::string_view pattern, std::string_view text) {
    // Greedy with one point to come back to: linear in practice, pattern × text at worst, no recursion.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_matches(pattern, text); });
}

bool agent_matches(const std::vector<std::string>& patterns, std::string_view agent,
                   const std::vector<std::string>& tags) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        if (pattern.find('=') == std::string::npos) return glob_matches(pattern, agent);
        return std::any_of(tags.begin(), tags.end(),
                           [&](const std::string& tag) { return glob_matches(pattern, tag); });
    });
}

}  // namespace

bool Rights::named(std::string_view operator_id) const {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const Rule& rule) { return rule.operator_id == operator_id; });
}

bool Rights::everything(std::string_view operator_id) const {
    return operator_id == kLocalOperator && !named(operator_id);
}

bool Rights::may_read(std::string_view operator_id) const {
    return everything(operator_id) || named(operator_id);
}

bool Rights::may_send(std::string_view operator_id, std::string_view command, std::string_view agent,
                      const std::vector<std::string>& tags) const {
    return everything(operator_id) || std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
               return rule.operator_id == operator_id && any_matches(rule.commands, command) &&
                      agent_matches(rule.agents, agent, tags);
           });
}

bool Rights::may_keys(std::string_view operator_id) const {
    return everything(operator_id) || std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
               return rule.operator_id == operator_id && rule.keys;
           });
}

}  // namespace pncp::broker
