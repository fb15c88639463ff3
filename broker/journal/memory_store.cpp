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
    found.oldest = events_.empty() ? 0 : events_.front().seq;
    found.head = heads_.global;
    found.class_heads.assign(heads_.classes.begin(), heads_.classes.end());
    for (const auto& [id, record] : agents_) found.agents.push_back(record);
    for (const auto& [key, heads] : spools_) found.spools.push_back({key.first, key.second, heads});
    for (const auto& [consumer, sequence] : cursors_) found.cursors.push_back({consumer, sequence});

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
    std::map<SpoolKey, StreamHeads> touched;
    for (const StoredEvent& event : group.events) {
        if (!event.origin) continue;
        const SpoolKey key{event.origin->agent, event.origin->spool};
        const auto known = spools_.find(key);
        auto& spool =
            touched.try_emplace(key, known == spools_.end() ? StreamHeads{} : known->second).first->second;
        if (const Status moved = raise_head(spool, *event.origin); !moved) return moved;
    }

    heads_ = *heads;
    events_.insert(events_.end(), group.events.begin(), group.events.end());
    for (const auto& [key, spool] : touched) spools_[key] = spool;
    for (const AgentRecord& agent : group.agents) agents_[agent.id] = agent;
    for (const JobRecord& job : group.jobs) jobs_[job.job] = job;
    for (const CursorRecord& cursor : group.cursors) cursors_[cursor.consumer] = cursor.sequence;
    return Done{};
}

Result<Page> MemoryStore::read(std::uint64_t after, std::string_view prefix, std::size_t limit,
                               std::size_t max_bytes) {
    PageFill page({events_.empty() ? 0 : events_.front().seq, heads_.global, heads_.global, {}}, limit,
                  max_bytes);
    for (std::uint64_t seq = after; seq < heads_.global; ++seq) {
        const StoredEvent& event = events_[seq];
        if (std::string_view(event.topic).starts_with(prefix) && !page.add(event.seq, event.event)) break;
    }
    return page.take();
}

Result<std::vector<EventRow>> MemoryStore::read_some(const std::vector<std::uint64_t>& sequences,
                                                     std::size_t max_bytes) {
    PageFill page({}, sequences.size(), max_bytes);
    for (const std::uint64_t seq : sequences) {
        if (seq == 0 || seq > heads_.global) continue;
        if (!page.add(seq, events_[seq - 1].event)) break;
    }
    return page.take().rows;
}

}  // namespace pncp::journal
