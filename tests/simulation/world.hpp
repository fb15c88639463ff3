// A broker and its agents in one thread on a virtual clock: the real AgentCore and BrokerCore, a journal in
// memory, and links that break, lose and delay. Everything follows from the seed.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "agent/core/agent_core.hpp"
#include "broker/core/broker_core.hpp"
#include "tests/unit/agent/core/fake_disk.hpp"

namespace pncp::simulation {

/// What came of one spool: how many samples were made in it, and which are stored or declared lost.
struct Ledger {
    std::uint64_t made = 0;
    std::map<std::uint64_t, int> stored;
    std::vector<GapBody> gaps;
    bool alive = true;
    bool on_disk = false;  ///< its device has a disk for the spool
    bool clean = false;    ///< and stopped in order
};

struct Device {
    std::string id;
    std::unique_ptr<agent::AgentCore> core;
    Id16 spool{};
    std::string routing_id;  ///< "" = no connection
    std::int64_t connect_at_ms = 0;
    bool opening = false;
    struct Flying {
        std::int64_t at_ms;
        Bytes frame;
    };
    std::deque<Flying> up;
    std::deque<Flying> down;
    bool has_disk = false;
    agent::testing::FakeDisk disk;
    bool stopping = false;
};

class World {
  public:
    /// What befalls the devices.
    enum class Devices : std::uint8_t {
        in_memory,  ///< they are killed; their spools are in memory
        killed,     ///< with a disk; killed, also in the middle of a write; disks are full at times
        stopped,    ///< with a disk; stopped in order and started again
    };
    explicit World(std::uint32_t seed, std::size_t devices, Devices kind = Devices::in_memory);

    /// Lets time pass in steps of 50 ms; with `weather`, things break at random.
    void run(std::int64_t ms, bool weather);
    void kill_broker();
    void kill_device(Device& device);
    void stop_device(Device& device);
    void cut(Device& device);
    /// An operator's job for all; its id.
    Id16 send_job();

    std::mt19937 random;
    std::vector<std::unique_ptr<Device>> devices;
    std::map<Id16, Ledger> ledgers;
    std::map<Id16, int> runs;                         ///< by command id: how often a device ran it
    std::map<Id16, std::map<std::string, int>> ends;  ///< by job: RESULT events by agent
    std::vector<Id16> jobs;
    int broker_kills = 0;
    int device_kills = 0;
    int torn_writes = 0;
    int failed_commits = 0;

  private:
    struct Stored {
        std::uint64_t seq;
        Event event;
    };
    void start_broker();
    void start_device(Device& device);
    void step(bool weather);
    void shake();
    void shake_disks(Device& victim);
    void unplug(Device& device);
    void end_run(Device& device);
    agent::Actions perform_disk(Device& device, const agent::Action& action);
    void move_frames(Device& device, bool weather);
    void perform_device(Device& device, agent::Actions actions);
    void perform_broker();
    void commit(const broker::Commit& action);
    void store(const journal::StoredEvent& stored);
    void connect_operator();
    [[nodiscard]] broker::Now now() const { return {now_ms_, 1'700'000'000'000'000 + now_ms_ * 1000}; }
    [[nodiscard]] agent::Clock clock() const { return {now_ms_, 5'000'000, false}; }
    [[nodiscard]] Key32 nonce();
    [[nodiscard]] bool chance(double probability) {
        return std::uniform_real_distribution<double>(0, 1)(random) < probability;
    }

    Devices kind_;
    broker::PeerDirectory directory_;
    journal::Recovered recovered_;
    std::unique_ptr<broker::BrokerCore> broker_;
    std::vector<Stored> events_;
    std::optional<broker::Commit> commit_;  ///< on its way to the disk
    std::int64_t commit_at_ms_ = 0;
    std::unique_ptr<ClientSession> operator_;
    std::map<Id16, Id16> job_of_command_;
    std::int64_t now_ms_ = 1'000'000;
    std::uint64_t counter_ = 0;
    bool commits_fail_ = false;
};

}  // namespace pncp::simulation
