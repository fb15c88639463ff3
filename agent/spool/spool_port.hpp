// The disk spool as a loop has it: opened when a run begins, and then whatever AgentCore asks of the disk.
// For the agent and for the devices of a swarm. One thread, as SpoolFolder.
#pragma once

#include <optional>
#include <string>

#include "agent/core/agent_core.hpp"
#include "agent/spool/spool_folder.hpp"

namespace pncp::agent {

class SpoolPort {
  public:
    /// Opens the folder `path`, and puts into `config` what earlier runs left there. Whatever is wrong with
    /// it is logged, and the agent goes on in memory. `config` knows its id, boot and spool already.
    void open(const std::string& path, const DiskSpool& limits, AgentConfig& config);
    /// Lets the folder go, for another run in the same process.
    void close() { folder_.reset(); }

    /// What the core answers. Only for what the core of open()'s `config` asked for.
    [[nodiscard]] Actions perform(const SpoolAppend& write, AgentCore& core, const Clock& now);
    [[nodiscard]] Actions perform(const SpoolRead& read, AgentCore& core, const Clock& now);
    [[nodiscard]] Actions perform(const SpoolDelete& segment, AgentCore& core, const Clock& now);
    [[nodiscard]] Actions perform(const SpoolClose& end, AgentCore& core, const Clock& now);
    [[nodiscard]] Actions perform(const SpoolHandedOver& spool, AgentCore& core, const Clock& now);
    [[nodiscard]] Actions perform(const SpoolForget& spool, AgentCore& core, const Clock& now);

  private:
    Actions note(const Status& done);

    std::optional<SpoolFolder> folder_;
    bool trouble_told_ = false;
};

/// An action that is the disk's.
template <typename Action>
concept DiskAction = requires(SpoolPort& port, const Action& action, AgentCore& core, const Clock& now) {
    port.perform(action, core, now);
};

}  // namespace pncp::agent
