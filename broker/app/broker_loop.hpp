// The broker's loop: owns the sockets, reads the clocks, feeds BrokerCore and performs what it returns. Runs
// in the main thread; the journal has the only other one.
#pragma once

#include <array>

#include "broker/app/broker_files.hpp"
#include "broker/app/endpoints.hpp"
#include "broker/core/broker_core.hpp"
#include "broker/journal/journal_thread.hpp"
#include "schema/program/notify.hpp"
#include "schema/program/signals.hpp"
#include "schema/transport/poller.hpp"

namespace pncp::broker {

class BrokerLoop {
  public:
    BrokerLoop(Endpoints& endpoints, BrokerCore& core, journal::JournalThread& journal, Signals& signals,
               BrokerFiles files);

    /// Until SIGTERM or SIGINT; then everything that was accepted is committed and published.
    void run();

  private:
    void receive(transport::Socket& socket, Port port, const Now& now);
    void take_subscriptions(const Now& now);
    void take_completions(const Now& now);
    void perform(const Now& now);
    void perform_one(Action& action, const Now& now);
    void send(const SendTo& message, const Now& now);
    void publish(const Publish& event);
    void close_feed();
    void reopen_feed(std::int64_t now_ms);
    void stop();
    [[nodiscard]] static Now read_clocks();
    void retain(const Now& now);
    void tell_systemd(const Now& now);

    Endpoints& endpoints_;
    BrokerCore& core_;
    journal::JournalThread& journal_;
    Signals& signals_;
    BrokerFiles files_;
    transport::Poller poller_;
    Notifier notifier_;
    std::array<transport::Message, limits::kControlParts> parts_;
    std::vector<journal::Completion> completions_;
    std::int64_t told_ms_ = 0;
    std::int64_t retained_ms_ = 0;
    std::int64_t feed_closed_ms_ = 0;
    bool stopping_ = false;
};

}  // namespace pncp::broker
