// Which tags each agent's configuration gives it ("site=cellar"), as its HELLO events say. Pure; one thread.
//
// A point written again must get the same tags, or it becomes another point. So the tags of an agent are a
// matter of where in the journal one stands: a restart begins at the cursor with what was known there. The
// caller keeps the changes in a file (tags_file.hpp), synced before the cursor that passes them; what the
// file says of events still to come takes effect when they are passed. Asking the broker for the agents'
// present tags would be wrong for every point that stands before their last change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/bytes.hpp"
#include "schema/event.hpp"

namespace pncp::influx {

/// From event `seq` on the agent has these tags, "name=value" each; 0 = since before this journal.
struct TagEntry {
    std::uint64_t seq = 0;
    std::string agent;
    std::vector<std::string> tags;
    bool operator==(const TagEntry&) const = default;
};

/// What the file has to learn.
struct TagChanges {
    bool whole = false;  ///< the entries replace everything in the file
    Id16 journal{};
    std::vector<TagEntry> entries;
    [[nodiscard]] bool empty() const { return !whole && entries.empty(); }
    /// Takes note of later ones.
    void add(TagChanges later);
};

class AgentTags {
  public:
    using Tags = std::vector<std::pair<std::string, std::string>>;

    /// What the file held, ascending; before the first event.
    void restore(const Id16& journal, std::vector<TagEntry> entries);

    /// The journal followed from here on. In a new one everything known holds from its beginning.
    void on_journal(const Id16& journal);
    /// The same journal lost its tail, so sequences are used again: what is known holds from here on.
    void on_lost_tail();

    /// Every event, in order; HELLO events of agents are what counts.
    void on_event(std::uint64_t seq, const Event& event);
    /// The tags that points of the agent get now; empty when it has none.
    [[nodiscard]] const Tags& of(const std::string& agent) const;

    /// Changes since the last call.
    [[nodiscard]] TagChanges take_changes() { return std::exchange(changes_, {}); }

  private:
    void apply(const TagEntry& entry);
    void hello(std::uint64_t seq, const Event& event);
    void start_anew();

    struct Known {
        std::vector<std::string> texts;
        Tags tags;
    };
    std::unordered_map<std::string, Known> known_;
    Id16 journal_{};
    std::vector<TagEntry> to_come_;  ///< of the file, from next_ on: not yet passed
    std::size_t next_ = 0;
    TagChanges changes_;
};

/// Those of a HELLO that can be tags: a name and a value, printable, no name twice, and none that the bridge
/// gives itself (`agent`, `time`).
[[nodiscard]] std::vector<std::string> usable_tags(const std::vector<std::string>& tags);

}  // namespace pncp::influx
