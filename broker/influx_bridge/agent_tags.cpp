#include "broker/influx_bridge/agent_tags.hpp"

#include <algorithm>
#include <iterator>

#include "schema/codec.hpp"
#include "schema/program/escape.hpp"

namespace pncp::influx {

namespace {

/// True when nothing in it has to be changed to be a tag that is told apart from every other.
bool printable(std::string_view text) { return !text.empty() && escape_controls(text) == text; }

std::pair<std::string_view, std::string_view> split(std::string_view tag) {
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos) return {};
    return {tag.substr(0, equals), tag.substr(equals + 1)};
}

}  // namespace

std::vector<std::string> usable_tags(const std::vector<std::string>& tags) {
    std::vector<std::string> usable;
    std::vector<std::string_view> names;
    for (const std::string& tag : tags) {
        const auto [name, value] = split(tag);
        if (!printable(name) || !printable(value) || name == "agent" || name == "time" || name == "time_")
            continue;
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        names.push_back(name);
        usable.push_back(tag);
    }
    return usable;
}

void TagChanges::add(TagChanges later) {
    if (later.empty()) return;
    if (later.whole) {
        *this = std::move(later);
        return;
    }
    journal = later.journal;
    entries.insert(entries.end(), std::make_move_iterator(later.entries.begin()),
                   std::make_move_iterator(later.entries.end()));
}

void AgentTags::restore(const Id16& journal, std::vector<TagEntry> entries) {
    journal_ = journal;
    to_come_ = std::move(entries);
    next_ = 0;
}

void AgentTags::on_journal(const Id16& journal) {
    if (journal == journal_) return;
    const bool first = journal_ == Id16{} && known_.empty();
    journal_ = journal;
    if (!first) start_anew();
}

void AgentTags::on_lost_tail() { start_anew(); }

void AgentTags::start_anew() {
    while (next_ < to_come_.size()) apply(to_come_[next_++]);
    to_come_.clear();
    next_ = 0;
    changes_ = {true, journal_, {}};
    for (const auto& [agent, known] : known_) changes_.entries.push_back({0, agent, known.texts});
}

void AgentTags::apply(const TagEntry& entry) {
    if (entry.tags.empty()) {
        known_.erase(entry.agent);
        return;
    }
    Known known{entry.tags, {}};
    for (const std::string& tag : entry.tags) known.tags.emplace_back(split(tag));
    known_[entry.agent] = std::move(known);
}

void AgentTags::on_event(std::uint64_t seq, const Event& event) {
    while (next_ < to_come_.size() && to_come_[next_].seq <= seq) apply(to_come_[next_++]);
    if (event.kind == EventKind::hello && !event.agent.empty()) hello(seq, event);
}

void AgentTags::hello(std::uint64_t seq, const Event& event) {
    const auto body = decode<Hello>(event.body);
    if (!body) return;
    TagEntry entry{seq, event.agent, usable_tags(body->tags)};
    const auto found = known_.find(event.agent);
    if (found == known_.end() ? entry.tags.empty() : found->second.texts == entry.tags) return;
    apply(entry);
    changes_.journal = journal_;
    changes_.entries.push_back(std::move(entry));
}

const AgentTags::Tags& AgentTags::of(const std::string& agent) const {
    static const Tags none;
    if (known_.empty()) return none;
    const auto found = known_.find(agent);
    return found == known_.end() ? none : found->second.tags;
}

}  // namespace pncp::influx
