// A thousand agents come back to their broker at once, each with a backlog. Real AgentCores, a real
// BrokerCore, a journal as slow as an SD card, on a virtual clock: all drain, the broker's queue stays small,
// and what happens meanwhile does not wait behind what happened before.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <unordered_map>

#include "agent/core/agent_core.hpp"
#include "broker/core/broker_core.hpp"

namespace pncp::simulation {
namespace {

constexpr std::size_t kAgents = 1'000;
constexpr std::int64_t kStepMs = 10;
constexpr std::int64_t kLatencyMs = 20;
/// Handshakes of CURVE that one core answers in a step (storm_test.cpp).
constexpr int kAcceptedPerStep = 14;
/// A commit on an SD card: a sync, and 20,000 rows a second (a disk of a server does 66,000).
constexpr std::int64_t kSyncMs = 20;
constexpr std::int64_t kRowsPerMs = 20;
constexpr std::int64_t kAwayMs = 2'000'000;

struct Device {
    std::unique_ptr<agent::AgentCore> core;
    std::string identity;
    std::string routing_id;
    std::uint64_t awaited = 0;  ///< a row of its results
    std::int64_t asked_ms = 0;
};

class Return {
  public:
    Return() : directory_(MasterSecret{{1, 7, 3}}, PeersFile{}) {
        recovered_.journal = {9};
        recovered_.class_heads.resize(kEventClasses);
        for (std::size_t i = 0; i < kAgents; ++i) {
            const auto entry = directory_.issue(Role::agent, "pi-" + std::to_string(i));
            agent::AgentConfig config;
            config.self = entry->name;
            config.key = entry->key;
            config.broker = directory_.broker_id();
            config.boot_id = "boot";
            store_be(config.spool.data(), std::uint64_t{i + 1});
            config.seed = i;
            devices_.push_back(
                {std::make_unique<agent::AgentCore>(std::move(config)), entry->name.text(), "", 0, 0});
        }
        for (std::size_t i = 0; i < kAgents; ++i) perform(i, devices_[i].core->start(clock()));
        for (const std::int64_t end = now_ms_ + kAwayMs; now_ms_ < end; now_ms_ += 1'000) turn_agents();
        core_ = std::make_unique<broker::BrokerCore>(broker::BrokerOptions{}, directory_, recovered_, now());
    }

    /// Virtual milliseconds until nobody has a backlog; -1 = never within `limit_ms`.
    std::int64_t run(std::int64_t limit_ms) {
        const std::int64_t begun_ms = now_ms_;
        while (now_ms_ - begun_ms < limit_ms) {
            step();
            if (std::all_of(devices_.begin(), devices_.end(), [](const Device& each) {
                    return each.core->in_session() && each.core->spool().bytes() < 10'000;
                }))
                return now_ms_ - begun_ms;
        }
        return -1;
    }

    std::size_t made = 0;
    std::size_t most_waiting = 0;
    std::size_t steps = 0;
    std::size_t busy_steps = 0;  ///< more than an eighth of the queue waited
    std::vector<std::int64_t> waits_ms;

  private:
    struct Flying {
        std::int64_t at_ms;
        std::string routing_id;
        bool up;
        Bytes frame;
    };

    void turn_agents() {
        for (std::size_t i = 0; i < kAgents; ++i)
            if (devices_[i].core->wake_at_ms() <= now_ms_)
                perform(i, devices_[i].core->on_timer(clock(), nonce()));
    }

    void step() {
        now_ms_ += kStepMs;
        turn_agents();
        for (int i = 0; i < kAcceptedPerStep && !accepting_.empty(); ++i) accept();
        while (!frames_.empty() && frames_.front().at_ms <= now_ms_) {
            const Flying flying = std::move(frames_.front());
            frames_.pop_front();
            deliver(flying);
        }
        core_->on_time(now());
        if (commit_ && now_ms_ >= commit_at_ms_)
            core_->on_committed(std::exchange(commit_, std::nullopt)->token, Done{}, now());
        perform_broker();
        something_happens();
        const std::size_t waiting = core_->waiting_rows();
        most_waiting = std::max(most_waiting, waiting);
        ++steps;
        busy_steps += waiting > limits::kJournalQueueRows / 8;
    }

    /// On one device now and then: how long until the broker has it.
    void something_happens() {
        for (Device& device : devices_) {
            if (device.awaited == 0 || device.core->spool().acknowledged().results < device.awaited) continue;
            waits_ms.push_back(now_ms_ - device.asked_ms);
            device.awaited = 0;
        }
        const std::size_t index = random_() % kAgents;
        Device& device = devices_[index];
        if (device.awaited != 0 || !device.core->in_session()) return;
        device.asked_ms = now_ms_;
        device.awaited = device.core->spool().heads().results + 1;
        perform(index, device.core->on_device_event({"test", ""}, clock()));
    }

    void accept() {
        const std::size_t index = accepting_.front();
        accepting_.pop_front();
        devices_[index].routing_id = std::to_string(++connections_);
        by_routing_id_[devices_[index].routing_id] = index;
        perform(index,
                devices_[index].core->on_connection(agent::ConnectionEvent::connected, clock(), nonce()));
    }

    void deliver(const Flying& flying) {
        const auto found = by_routing_id_.find(flying.routing_id);
        if (found == by_routing_id_.end()) return;
        Device& device = devices_[found->second];
        if (!flying.up) return perform(found->second, device.core->on_frame(flying.frame, clock()));
        core_->on_frame({broker::Port::agents, flying.routing_id}, device.identity, flying.frame, nonce(),
                        now());
        perform_broker();
    }

    void perform(std::size_t index, const agent::Actions& actions) {
        Device& device = devices_[index];
        for (const auto& action : actions) {
            if (const auto* send = std::get_if<agent::Send>(&action)) {
                frames_.push_back({now_ms_ + kLatencyMs, device.routing_id, true, send->frame});
            } else if (std::holds_alternative<agent::TakeSample>(action)) {
                ++made;
                perform(index, device.core->on_sample({{"m", {}, {{"number", std::int64_t{1}}}}}, clock()));
            } else if (std::holds_alternative<agent::OpenSocket>(action)) {
                if (core_)
                    accepting_.push_back(index);
                else
                    refused_.push_back(index);
            } else if (std::holds_alternative<agent::CloseSocket>(action)) {
                by_routing_id_.erase(device.routing_id);
                std::erase(accepting_, index);
            }
        }
        while (!refused_.empty()) {
            const std::size_t next = refused_.back();
            refused_.pop_back();
            perform(next, devices_[next].core->on_connection(agent::ConnectionEvent::unreachable, clock(),
                                                             nonce()));
        }
    }

    void perform_broker() {
        while (true) {
            auto actions = core_->take_actions(now());
            if (actions.empty()) return;
            for (auto& action : actions) {
                if (auto* send = std::get_if<broker::SendTo>(&action)) {
                    frames_.push_back(
                        {now_ms_ + kLatencyMs, send->to.routing_id, false, std::move(send->frame)});
                } else if (auto* commit = std::get_if<broker::Commit>(&action)) {
                    commit_ = *commit;
                    commit_at_ms_ = now_ms_ + kSyncMs +
                                    static_cast<std::int64_t>(commit->group->events.size()) / kRowsPerMs;
                }
            }
        }
    }

    [[nodiscard]] broker::Now now() const { return {now_ms_, 1'700'000'000'000'000 + now_ms_ * 1000}; }
    [[nodiscard]] agent::Clock clock() const { return {now_ms_, 0, false}; }
    [[nodiscard]] Key32 nonce() {
        Key32 bytes{};
        store_be(bytes.data(), ++nonces_);
        return bytes;
    }

    broker::PeerDirectory directory_;
    journal::Recovered recovered_;
    std::unique_ptr<broker::BrokerCore> core_;
    std::vector<Device> devices_;
    std::deque<Flying> frames_;
    std::deque<std::size_t> accepting_;
    std::vector<std::size_t> refused_;
    std::unordered_map<std::string, std::size_t> by_routing_id_;
    std::optional<broker::Commit> commit_;
    std::int64_t commit_at_ms_ = 0;
    std::int64_t now_ms_ = 1'000'000;
    std::uint64_t connections_ = 0;
    std::uint64_t nonces_ = 0;
    std::mt19937 random_{7};
};

TEST(Drain, AThousandAgentsWithABacklogDoNotDrownTheBroker) {
    Return back;
    const std::size_t backlog = back.made;
    ASSERT_GT(backlog, 2 * limits::kJournalQueueRows) << "more than the broker's queue holds";
    const std::int64_t took_ms = back.run(300'000);
    ASSERT_GT(took_ms, 0) << "all drain";
    EXPECT_LT(took_ms, 120'000);
    EXPECT_LT(back.most_waiting, limits::kJournalQueueRows / 2);
    EXPECT_LT(back.busy_steps * 10, back.steps) << "far below its queue nearly always";
    ASSERT_GT(back.waits_ms.size(), 200U);
    std::sort(back.waits_ms.begin(), back.waits_ms.end());
    EXPECT_LT(back.waits_ms.back(), 5'000) << "no live result waits behind the backlog";
    RecordProperty("backlog", static_cast<int>(backlog));
    RecordProperty("took_ms", static_cast<int>(took_ms));
    RecordProperty("most_waiting", static_cast<int>(back.most_waiting));
    RecordProperty("busy_percent", static_cast<int>(100 * back.busy_steps / back.steps));
    RecordProperty("live_wait_median_ms", static_cast<int>(back.waits_ms[back.waits_ms.size() / 2]));
    RecordProperty("live_wait_most_ms", static_cast<int>(back.waits_ms.back()));
}

}  // namespace
}  // namespace pncp::simulation
