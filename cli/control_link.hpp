// BrokerLink over a real socket: a ControlClient, and Ctrl-C noticed while it waits. One thread: the one that
// made it, before any other thread (signals are blocked here).
#pragma once

#include <variant>

#include "cli/broker_link.hpp"
#include "cli/route.hpp"
#include "schema/program/signals.hpp"
#include "schema/subscriber/control_client.hpp"

namespace pncp::cli {

class ControlLink final : public BrokerLink {
  public:
    /// Takes SIGINT, SIGTERM and SIGHUP over from here on; nothing is connected before the first call.
    ControlLink(Route route, Signals signals);
    ~ControlLink() override;

    [[nodiscard]] std::variant<Reply, Failure> call(const Request& request, std::int64_t timeout_ms) override;

  private:
    /// Why nothing more should be tried, if that is so.
    [[nodiscard]] std::optional<Failure> take_trouble(const ControlProblem& problem);
    [[nodiscard]] bool nobody_listens() const;
    [[nodiscard]] Failure unreachable() const;

    std::string endpoint_;
    Signals signals_;
    transport::Context context_;
    transport::Poller poller_;
    ControlClient client_;
    std::optional<Error> last_trouble_;
    bool probed_ = false;
};

/// Chooses the route, reads the key and makes the link.
[[nodiscard]] std::variant<std::unique_ptr<BrokerLink>, Failure> connect(const Settings& settings,
                                                                         const Place& place);

}  // namespace pncp::cli
