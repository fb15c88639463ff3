// What the journal tells of one agent, and why it is offline. Pure: events in, findings out. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/sample.hpp"
#include "schema/control_messages.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

/// A command that was sent and has not ended.
struct RunningCommand {
    CommandBody command;
    std::int64_t since_ns = 0;
    std::string state;  ///< "running", "queued", or "sent" while the device has not answered
};

class AgentHistory {
  public:
    /// `events`: how many of the recent ones are kept.
    explicit AgentHistory(std::size_t events) : events_(events) {}

    /// Events of this agent in any order of their classes, each class in its own order.
    void take(const FeedEvent& event);

    [[nodiscard]] const std::optional<MainNumbers>& sample() const { return sample_; }
    [[nodiscard]] std::int64_t sample_ns() const { return sample_ns_; }
    /// STATUS, BYE, DEVICE_EVENT, GAP and ALERT, oldest first.
    [[nodiscard]] std::vector<FeedEvent> recent() const;
    /// Oldest first.
    [[nodiscard]] std::vector<RunningCommand> running() const;
    /// Of the newest session; "" when the journal does not tell any more.
    [[nodiscard]] const std::string& boot_id() const { return boot_id_; }

    /// Why `row`'s agent is not online, the weightiest first: a sentence each. Empty when it is online.
    [[nodiscard]] std::vector<std::string> why(const AgentRow& row, std::int64_t now_us) const;

  private:
    void on_sample(const FeedEvent& event);
    void on_device_event(const FeedEvent& event);
    void say_trouble(std::int64_t last_ns, std::vector<std::string>& why) const;

    std::size_t events_;
    std::optional<MainNumbers> sample_;
    std::int64_t sample_ns_ = 0;
    std::string boot_id_;
    std::map<std::uint64_t, FeedEvent> recent_;
    std::map<Id16, RunningCommand> commands_;
    struct DeviceEvent {
        std::int64_t time_ns = 0;
        std::string name;
        std::string detail;
    };
    std::vector<DeviceEvent> device_events_;
    bool unsaid_rows_ = false;  ///< it left with rows that it had not delivered
};

}  // namespace pncp::cli
