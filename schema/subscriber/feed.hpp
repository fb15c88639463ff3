// What a follower of the feed sees: events in order, gaps, journals. Plain types, no I/O; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "schema/bytes.hpp"
#include "schema/event.hpp"

namespace pncp {

/// Where a consumer stands: it has durably handled every event of `journal` up to `sequence`.
struct Cursor {
    Id16 journal{};  ///< zero = never followed any
    std::uint64_t sequence = 0;
    bool operator==(const Cursor&) const = default;
};

struct FeedEvent {
    std::uint64_t seq = 0;
    Event event;
};

/// Events that can't be had any more: past retention, or of a journal that was replaced.
struct FeedGap {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< 0 = nobody knows: the journal that knew is gone
    std::string reason;
    /// Where the consumer stands once it has taken note of the gap. Not always `last`: a replaced journal
    /// begins anew, and one that lost its tail uses the lost numbers again.
    Cursor resume{};
};

class FeedHandler {
  public:
    FeedHandler() = default;
    FeedHandler(const FeedHandler&) = delete;
    FeedHandler& operator=(const FeedHandler&) = delete;
    virtual ~FeedHandler() = default;
    /// The next event in order. False: no room now; it is offered again at the next step.
    virtual bool on_event(const FeedEvent& event) = 0;
    virtual void on_gap(const FeedGap& gap) = 0;
    /// The journal that is followed from here on; called before its first event. Events of the journal before
    /// are over: advance() must not be called for them any more.
    virtual void on_journal(const Id16& journal) = 0;
    /// Something a person should know, once each time it changes: "broker unreachable …", "connected", "key
    /// not accepted".
    virtual void on_state(const std::string& text) = 0;
};

}  // namespace pncp
