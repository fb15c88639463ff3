// SUB, notice holes, FETCH, hand over in order exactly once: the one way in which the bridge, the log writer and the CLI
// follow the feed. The logic is pure (feed_core.hpp); this is the thin loop around it. One thread.
//
// The caller owns the Poller and the clock:
//     Subscriber subscriber(context, poller, options);
//     while (running) { poller.wait(until(subscriber.wake_at_ms())); subscriber.step(boottime_ms(), handler); }
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "schema/event.hpp"
#include "schema/key_file.hpp"
#include "schema/result.hpp"
#include "schema/transport/context.hpp"
#include "schema/transport/poller.hpp"

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
    std::uint64_t last = 0;
    std::string reason;
};

class FeedHandler {
  public:
    virtual ~FeedHandler() = default;
    /// The next event in order. False: no room now; it is offered again at the next step.
    virtual bool on_event(const FeedEvent& event) = 0;
    virtual void on_gap(const FeedGap& gap) = 0;
    /// The journal that is followed from here on; called before its first event.
    virtual void on_journal(const Id16& journal) = 0;
    /// Something a person should know, once each time it changes: "broker unreachable …", "connected", "key not accepted".
    virtual void on_state(const std::string& text) = 0;
};

struct SubscriberOptions {
    KeyFile key;           ///< role subscriber (or operator for a live view)
    std::string control;   ///< endpoint of the broker's control ROUTER, ipc:// or tcp://
    std::string feed;      ///< endpoint of the broker's PUB
    bool durable = false;  ///< registers a cursor that the journal waits for
    Cursor start;          ///< events after this one are handed over; journal zero = from the oldest held
    bool from_now = false; ///< live views: begin at the head instead of `start`
};

class Subscriber {
  public:
    Subscriber(transport::Context& context, transport::Poller& poller, SubscriberOptions options);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    /// Does all the work that can be done now without waiting.
    void step(std::int64_t now_ms, FeedHandler& handler);
    /// When step() wants to be called again at the latest, on the same clock.
    [[nodiscard]] std::int64_t wake_at_ms() const;

    /// Tells the broker that everything up to `sequence` is durable here (durable consumers; sent with the next step).
    void advance(std::uint64_t sequence);

    /// The newest sequence known to exist; lag = head() - what was handed over.
    [[nodiscard]] std::uint64_t head() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pncp
