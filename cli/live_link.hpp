// Following the broker as the live verbs (watch, top) see it: events come in order, questions go out and are
// answered, signals and keys are noticed. The real one is made by follow() in feed_link.hpp; tests play a
// script. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "cli/broker_link.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

/// Events, gaps and news of the feed, and the answers to ask().
class LiveHandler : public FeedHandler {
  public:
    virtual void on_answer(Reply reply) = 0;
};

class LiveLink {
  public:
    LiveLink() = default;
    LiveLink(const LiveLink&) = delete;
    LiveLink& operator=(const LiveLink&) = delete;
    virtual ~LiveLink() = default;

    /// Begins to follow: events after `start`. Once, before the first turn.
    virtual void follow(const Cursor& start) = 0;

    /// Sends a request. False: another one is on its way, or there is no session now.
    [[nodiscard]] virtual bool ask(const Request& request) = 0;

    /// Does what can be done, after waiting up to `timeout_ms` for news, a signal, or one of `inputs` to be
    /// readable. The signal, if there was one: SIGINT, SIGTERM or SIGHUP.
    [[nodiscard]] virtual std::optional<int> turn(std::int64_t timeout_ms, LiveHandler& handler,
                                                  std::span<const int> inputs) = 0;
};

}  // namespace pncp::cli
