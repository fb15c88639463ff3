// The newest committed events, kept in memory, so that who waits for them need not wait for a read of the
// journal behind its next commit. Pure; one thread. Groups are shared with the journal's thread, which only
// reads them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>

#include "broker/journal/store.hpp"

namespace pncp::broker {

class RecentEvents {
  public:
    /// As much as the answers of a command to 5,000 agents.
    static constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

    /// A group that was committed; its sequences follow those of the group before.
    void keep(std::shared_ptr<const journal::Group> group) {
        if (group->events.empty()) return;
        Kept kept{std::move(group), 0};
        for (const journal::StoredEvent& event : kept.group->events)
            kept.bytes += sizeof(event) + event.topic.size() + event.event.size();
        bytes_ += kept.bytes;
        groups_.push_back(std::move(kept));
        while (bytes_ > kMostBytes && groups_.size() > 1) {
            bytes_ -= groups_.front().bytes;
            groups_.pop_front();
        }
    }

    /// nullptr when it is not one of them.
    [[nodiscard]] const journal::StoredEvent* find(std::uint64_t seq) const {
        const auto after = std::upper_bound(
            groups_.begin(), groups_.end(), seq,
            [](std::uint64_t wanted, const Kept& kept) { return wanted < kept.group->events.front().seq; });
        if (after == groups_.begin()) return nullptr;
        const auto& events = std::prev(after)->group->events;
        const std::uint64_t at = seq - events.front().seq;
        return at < events.size() ? &events[static_cast<std::size_t>(at)] : nullptr;
    }

  private:
    struct Kept {
        std::shared_ptr<const journal::Group> group;
        std::size_t bytes;
    };
    std::deque<Kept> groups_;
    std::size_t bytes_ = 0;
};

}  // namespace pncp::broker
