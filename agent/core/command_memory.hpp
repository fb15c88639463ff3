// The commands this device was sent, so that none runs twice: waiting, running, and the last finished ones
// with their results. An id is forgotten only after its result was acknowledged; when too many are not, new
// commands are refused rather than old ones forgotten. Pure; one thread.
//
//   queued ──▶ running ──finish()──▶ finished ──settle()──▶ settled ──▶ forgotten when room is needed
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/event_bodies.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {

class CommandMemory {
  public:
    /// Commands that run at the same time; the others wait.
    static constexpr std::size_t kAtOnce = 2;
    /// Bytes of output that finished commands keep between them; the oldest lose theirs first. The broker has
    /// it.
    static constexpr std::size_t kOutputBytes = 32 * 1024;

    enum class State : std::uint8_t { queued, running, finished };
    struct Entry {
        Command command;
        State state = State::queued;
        std::uint64_t result_seq = 0;  ///< its RESULT row; 0 = none yet
        bool settled = false;          ///< the broker acknowledged that row
        ResultBody result;
    };

    /// nullptr when this id is new. Pointers are valid until the next call that is not const.
    [[nodiscard]] Entry* find(const Id16& command);

    /// Whether one more id fits, forgetting settled ones if need be.
    [[nodiscard]] bool has_room() const;
    /// Adds a new id; has_room() was true.
    Entry& remember(Command command, State state);

    /// The end of a remembered command, whose RESULT row is `result_seq`.
    void finish(Entry& entry, ResultBody result, std::uint64_t result_seq);

    /// Every RESULT row for which `acknowledged(seq)` is true need not be kept for the broker's sake any
    /// more.
    template <typename Acknowledged>
    void settle(Acknowledged acknowledged) {
        for (auto& entry : entries_)
            if (entry.state == State::finished && !entry.settled)
                entry.settled = acknowledged(entry.result_seq);
    }

    /// The one that has waited longest; nullptr when none waits.
    [[nodiscard]] Entry* next_queued();
    [[nodiscard]] std::size_t count(State state) const;

  private:
    void forget_outputs();

    std::vector<Entry> entries_;  ///< oldest first
};

}  // namespace pncp::agent
