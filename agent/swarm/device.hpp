// A simulated device: the real AgentCore on a real socket, with readings and commands that are made up. One
// thread a device; thousands share one (swarm_thread.hpp).
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "agent/core/agent_core.hpp"
#include "agent/spool/spool_port.hpp"
#include "agent/swarm/ledger.hpp"
#include "agent/swarm/script.hpp"
#include "schema/key_file.hpp"
#include "schema/transport/socket.hpp"

namespace pncp::swarm {

struct Counters {
    std::uint64_t samples = 0;
    std::uint64_t commands = 0;
    std::uint64_t restarts = 0;
};

class Device {
  public:
    /// `context` and `ledger` outlive the device.
    Device(KeyFile key, const Behaviour& behaviour, std::uint64_t seed, transport::Context& context,
           Ledger& ledger);

    void start(std::int64_t now_ms);
    /// Something happened at descriptor(), or may have.
    void on_socket(std::int64_t now_ms);
    void on_timer(std::int64_t now_ms);
    [[nodiscard]] std::int64_t wake_at_ms() const;
    void stop(std::int64_t now_ms);

    /// Of the open socket, else -1. A fresh socket has another `opened()`.
    [[nodiscard]] int descriptor() const;
    [[nodiscard]] std::uint64_t opened() const { return opened_; }
    [[nodiscard]] bool in_session() const { return core_ && core_->in_session(); }
    [[nodiscard]] bool stopped() const { return !core_ || core_->stopped(); }
    [[nodiscard]] const Counters& counters() const { return counters_; }

  private:
    void power_on(std::int64_t now_ms);
    [[nodiscard]] agent::Clock clock(std::int64_t now_ms) const;
    [[nodiscard]] bool lost() { return behaviour_.loss > 0 && draw_.share() < behaviour_.loss; }
    void notice_connection(std::int64_t now_ms);
    void perform(agent::Actions actions, std::int64_t now_ms);
    [[nodiscard]] agent::Actions perform_one(agent::Action& action, std::int64_t now_ms);
    [[nodiscard]] agent::Actions open(std::int64_t now_ms);
    [[nodiscard]] agent::Actions run(const agent::RunCommand& command, std::int64_t now_ms);

    KeyFile key_;
    const Behaviour& behaviour_;
    transport::Context& context_;
    Ledger& ledger_;
    Draw draw_;
    Readings readings_;
    agent::SpoolPort disk_;
    std::optional<agent::AgentCore> core_;
    Id16 spool_{};
    std::optional<transport::Socket> socket_;
    transport::Message message_;
    std::uint64_t acknowledged_ = 0;  ///< as the ledger has it
    std::uint64_t opened_ = 0;
    bool connected_ = false;
    std::int64_t power_on_ms_ = 0;
    std::int64_t power_off_ms_ = 0;
    std::deque<agent::Action> waiting_;
    bool performing_ = false;
    Counters counters_;
};

}  // namespace pncp::swarm
