// SUB, notice holes, FETCH, hand over in order exactly once: the one way in which the bridge, the log writer
// and the CLI follow the feed. The logic is pure (feed_core.hpp); this is the thin loop around it. One
// thread.
//
// The caller owns the Poller and the clock:
//     Subscriber subscriber(context, poller, options);
//     while (running) { poller.wait(until(subscriber.wake_at_ms())); subscriber.step(boottime_ms(), handler);
//     }
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "schema/event.hpp"
#include "schema/key_file.hpp"
#include "schema/result.hpp"
#include "schema/subscriber/feed.hpp"
#include "schema/transport/context.hpp"
#include "schema/transport/poller.hpp"

namespace pncp {

struct SubscriberOptions {
    KeyFile key;            ///< role subscriber (or operator for a live view)
    std::string control;    ///< endpoint of the broker's control ROUTER, ipc:// or tcp://
    std::string feed;       ///< endpoint of the broker's PUB
    bool durable = false;   ///< registers a cursor that the journal waits for
    Cursor start;           ///< events after this one are handed over; journal zero = from the oldest held
    bool from_now = false;  ///< live views: begin at the head instead of `start`
    /// For durable consumers that keep no place of their own: begin after the cursor that the broker keeps
    /// for this peer, or at the oldest event held when it keeps none. `start` is ignored.
    bool from_broker_cursor = false;
};

/// Counted since the start.
struct SubscriberCounters {
    std::uint64_t delivered = 0;
    std::uint64_t gaps = 0;
    std::uint64_t live = 0;     ///< events that came by PUB with a right tag
    std::uint64_t fetched = 0;  ///< events that came in pages
    std::uint64_t refused = 0;  ///< feed frames with a wrong tag or form
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

    /// Tells the broker that everything up to `sequence` is durable here (durable consumers; sent with the
    /// next step). Only for events of the journal last given to on_journal().
    /// Sent at most once a second at low rates; `at_once` (before an end) without that pause.
    void advance(std::uint64_t sequence, bool at_once = false);

    /// How this consumer fares, for `pncp-cli status`: what keeps it from going on ("" = nothing), and how
    /// much it had to put aside since its start. Told with the cursor; cheap to call with what was said
    /// before.
    void report(std::string error, std::uint64_t dead_letters);

    /// The newest sequence known to exist; lag = head() - what was handed over.
    [[nodiscard]] std::uint64_t head() const;
    /// True while a session with the broker stands.
    [[nodiscard]] bool connected() const;
    /// True when every advance() has reached the broker.
    [[nodiscard]] bool cursor_sent() const;
    [[nodiscard]] const SubscriberCounters& counters() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pncp
