#include "broker/journal/memory_store.hpp"

#include <algorithm>

#include "broker/journal/page_fill.hpp"
#include "schema/limits.hpp"

namespace pncp::journal {

void MemoryStore::fail_commits(std::optional<Error> error, bool full) {
    failure_ = std::move(error);
    failure_is_full_ = full;
}

Result<Recovered> MemoryStore::recover() {
    Recovered found;
    found.journal = journal_;
    found.oldest = oldest();
    found.head = heads_.global;
    found.class_heads.assign(heads_.classes.begin(), heads_.classes.end());
    for (const auto& [id, record] : agents_) found.agents.push_back(record);
    for (const auto& [key, spool] : spools_) found.spools.push_back({key.first, key.second, spool.heads});
    for (const auto& [consumer, cursor] : cursors_) found.cursors.push_back(cursor);

    for (const auto& [id, record] : jobs_) found.jobs.push_back(record);
    std::sort(found.jobs.begin(), found.jobs.end(),
              [](const JobRecord& a, const JobRecord& b) { return a.first_seq > b.first_seq; });
    std::size_t ended = 0;
    std::erase_if(found.jobs,
                  [&](const JobRecord& job) { return job.ended && ++ended > limits::kJobsRemembered; });
    std::reverse(found.jobs.begin(), found.jobs.end());
    return found;
}

Status MemoryStore::commit(const Group& group) {
    full_ = failure_ && failure_is_full_;
    if (failure_) return *failure_;
    const auto heads = heads_after(heads_, group.events);
    if (!heads) return heads.error();
    std::map<SpoolKey, Spool> touched;
    for (const StoredEvent& event : group.events) {
        if (!event.origin) continue;
        const SpoolKey key{event.origin->agent, event.origin->spool};
        const auto known = spools_.find(key);
        auto& spool =
            touched.try_emplace(key, known == spools_.end() ? Spool{} : known->second).first->second;
        if (const Status moved = raise_head(spool.heads, *event.origin); !moved) return moved;
        spool.last_seq = event.seq;
        spool.last_us = std::max(spool.last_us, event.time_ns / 1000);
    }

    heads_ = *heads;
    events_.insert(events_.end(), group.events.begin(), group.events.end());
    for (const auto& [key, spool] : touched) spools_[key] = spool;
    for (const AgentRecord& agent : group.agents) agents_[agent.id] = agent;
    for (const JobRecord& job : group.jobs) jobs_[job.job] = job;
    for (const CursorRecord& cursor : group.cursors) {
        if (cursor.forgotten)
            cursors_.erase(cursor.consumer);
        else
            cursors_[cursor.consumer] = cursor;
    }
    return Done{};
}

Result<Trimmed> MemoryStore::trim(const Retention& rule, std::size_t max_events) {
    Trimmed done;
    const auto due = [&] {
        return !events_.empty() && events_.front().seq <= rule.passed &&
               events_.front().time_ns < rule.old_before_ns;
    };
    for (std::size_t count = 0; count < max_events && due(); ++count) {
        events_.pop_front();
        ++trimmed_;
    }
    done.more = due();
    done.spools = forget_spools(rule);
    return done;
}

std::vector<SpoolName> MemoryStore::forget_spools(const Retention& rule) {
    std::vector<SpoolName> gone;
    const std::uint64_t first_held = events_.empty() ? heads_.global + 1 : oldest();
    for (auto at = spools_.begin(); at != spools_.end();) {
        const auto& [key, spool] = *at;
        const auto agent = agents_.find(key.first);
        const bool current = agent == agents_.end() || agent->second.spool == key.second;
        if (current || spool.last_seq >= first_held || spool.last_us >= rule.spools_before_us) {
            ++at;
            continue;
        }
        gone.push_back({key.first, key.second});
        at = spools_.erase(at);
    }
    return gone;
}

StoreState MemoryStore::state() const {
    StoreState state;
    state.oldest = oldest();
    state.head = heads_.global;
    state.trimmed = trimmed_;
    return state;
}

std::size_t MemoryStore::index_after(std::uint64_t seq) const {
    if (events_.empty() || seq < oldest()) return 0;
    return static_cast<std::size_t>(std::min<std::uint64_t>(seq - oldest() + 1, events_.size()));
}

Result<Page> MemoryStore::read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                               std::size_t max_bytes) {
    PageFill page({oldest(), heads_.global, heads_.global, {}}, limit, max_bytes);
    for (std::size_t i = index_after(after); i < events_.size(); ++i) {
        const StoredEvent& event = events_[i];
        if (std::string_view(event.topic).starts_with(prefix) && !page.add(event.seq, event.event)) break;
    }
    return page.take();
}

Result<std::vector<EventRow>> MemoryStore::read_some(const std::vector<std::uint64_t>& sequences,
                                                     std::size_t max_bytes) {
    PageFill page({}, sequences.size(), max_bytes);
    for (const std::uint64_t seq : sequences) {
        if (seq == 0 || seq > heads_.global || seq < oldest() || events_.empty()) continue;
        if (!page.add(seq, events_[index_after(seq - 1)].event)) break;
    }
    return page.take().rows;
}

}  // namespace pncp::journal
