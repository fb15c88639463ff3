#include "cli/grouping.hpp"

#include <algorithm>
#include <utility>

#include "cli/text.hpp"

namespace pncp::cli {
namespace {

void append(std::string& key, std::string_view part) {
    // With its length in front no part can pass for the next one.
    key += std::to_string(part.size()) + ":";
    key += part;
}

void append(std::string& key, const StreamText& stream) {
    append(key, stream.text);
    for (const Missing& hole : stream.missing)
        key += std::to_string(hole.at) + "+" + std::to_string(hole.bytes) + ",";
}

std::string key_of(const Ending& ending, Alike alike) {
    std::string key = std::to_string(static_cast<int>(ending.verdict)) + "," +
                      std::to_string(ending.exit_code) + "," + std::to_string(ending.signal) + ",";
    append(key, ending.reason);
    if (alike == Alike::outcome) return key;
    append(key, ending.out);
    append(key, ending.err);
    key += ending.truncated ? "t" : "w";
    return key;
}

}  // namespace

void Grouping::add(const Ending& ending) {
    auto [at, fresh] = groups_.try_emplace(key_of(ending, alike_));
    if (fresh) {
        at->second.sample = ending;
        if (alike_ == Alike::outcome) {
            at->second.sample.out = {};
            at->second.sample.err = {};
        }
    }
    at->second.agents.push_back(ending.agent);
}

std::vector<EndingGroup> Grouping::take() {
    std::vector<EndingGroup> groups;
    for (auto& [key, group] : groups_) {
        std::sort(group.agents.begin(), group.agents.end(), natural_less);
        groups.push_back(std::move(group));
    }
    groups_.clear();
    std::sort(groups.begin(), groups.end(), [](const EndingGroup& a, const EndingGroup& b) {
        if (a.agents.size() != b.agents.size()) return a.agents.size() > b.agents.size();
        const bool a_ok = a.sample.verdict == Verdict::ok;
        const bool b_ok = b.sample.verdict == Verdict::ok;
        if (a_ok != b_ok) return a_ok;
        return natural_less(a.agents.front(), b.agents.front());
    });
    return groups;
}

}  // namespace pncp::cli
