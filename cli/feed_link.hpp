// LiveLink over real sockets: a Subscriber, a ControlClient for questions, and signals. One thread: the one
// that made it (signals are blocked here).
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "cli/live_link.hpp"
#include "cli/route.hpp"
#include "schema/program/signals.hpp"
#include "schema/subscriber/control_client.hpp"
#include "schema/subscriber/subscriber.hpp"

namespace pncp::cli {

class FeedLink final : public LiveLink {
  public:
    FeedLink(Route route, Signals signals);
    ~FeedLink() override;

    void follow(const Cursor& start) override;
    [[nodiscard]] bool ask(const Request& request) override;
    [[nodiscard]] std::optional<int> turn(std::int64_t timeout_ms, LiveHandler& handler,
                                          std::span<const int> inputs) override;

  private:
    void wait(std::int64_t timeout_ms, std::span<const int> inputs);

    Route route_;
    Signals signals_;
    transport::Context context_;
    transport::Poller poller_;
    ControlClient questions_;
    bool asks_ = false;  ///< questions_ is in use; before, it needs no session
    std::optional<Subscriber> subscriber_;
};

/// Chooses the route and the key; the feed's endpoint is what the key file says.
[[nodiscard]] std::variant<std::unique_ptr<LiveLink>, Failure> follow(const Settings& settings,
                                                                      const Place& place);

}  // namespace pncp::cli
