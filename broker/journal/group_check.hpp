// What every store demands of a Group before it takes it: dense sequences, and rows that never go back. Both
// stores use these, so that a test against MemoryStore means something for SqliteStore. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "broker/journal/store.hpp"

namespace pncp::journal {

/// The newest sequences of a journal: the global one and that of each class, in the order of EventClass. 0 =
/// none yet.
struct SequenceHeads {
    std::uint64_t global = 0;
    std::array<std::uint64_t, kEventClasses> classes{};
    bool operator==(const SequenceHeads&) const = default;
};

/// The heads after `events`. Fails when a global or class sequence is not the one before plus one, when a
/// topic is not of its event's class, or when a sequence passes 2^63 - 1 (SQLite's largest integer).
[[nodiscard]] Result<SequenceHeads> heads_after(const SequenceHeads& heads,
                                                const std::vector<StoredEvent>& events);

/// Moves the head of the origin's stream up to its row. Fails, naming the row, when the head is already there
/// or beyond: the row was committed before. The broker drops duplicates itself; this is the second line.
[[nodiscard]] Status raise_head(StreamHeads& heads, const Origin& origin);

}  // namespace pncp::journal
