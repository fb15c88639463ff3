// The durable consumers of the feed: how far each has come, when it was last heard, and whether the journal
// keeps events for it. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/actions.hpp"
#include "broker/core/peer_directory.hpp"

namespace pncp::broker {

struct Consumer {
    std::uint64_t sequence = 0;
    std::int64_t heard_us = 0;       ///< by the wall clock, as it is kept and shown
    std::int64_t heard_boot_ms = 0;  ///< by the clock that never jumps, which decides
    bool holds = true;               ///< the journal keeps for it what it has not passed
    // As it last said; not kept over a restart of the broker.
    std::optional<std::string> error{};  ///< what keeps it from going on; "" = nothing
    std::optional<std::uint64_t> dead_letters{};
};

class Consumers {
  public:
    /// Cursors beyond the journal's head are set back to it; set_back() names them.
    Consumers(const journal::Recovered& recovered, std::int64_t forget_ms, const Now& now);

    /// "ID" of a subscriber, "operator/ID" of an operator.
    [[nodiscard]] static std::string name_of(const PeerName& peer);

    /// False when it is not registered and no place is free.
    [[nodiscard]] bool room_for(const std::string& name) const;
    /// Registers it or moves it on; a lower sequence only says that it lives. What is to be journaled is
    /// added to `records`.
    std::uint64_t advance(const std::string& name, std::uint64_t sequence, const Now& now,
                          std::vector<journal::CursorRecord>& records);
    /// What a registered one says of itself.
    void fares(const std::string& name, std::optional<std::string> error,
               std::optional<std::uint64_t> dead_letters);
    /// It asked for something: it lives.
    void heard(const std::string& name, const Now& now);
    /// Decides anew who holds events back. A line for the log for each change.
    [[nodiscard]] std::vector<std::string> review(const PeerDirectory& peers, const Now& now);
    /// The sequence up to which all that hold events back have come; `head` when there is none.
    [[nodiscard]] std::uint64_t passed(std::uint64_t head) const;

    [[nodiscard]] const std::map<std::string, Consumer>& all() const { return all_; }
    [[nodiscard]] const std::vector<std::string>& set_back() const { return set_back_; }

  private:
    std::map<std::string, Consumer> all_;
    std::vector<std::string> set_back_;
    std::int64_t forget_ms_;
    std::int64_t started_ms_;
};

}  // namespace pncp::broker
