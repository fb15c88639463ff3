// The user's scripts in the agent's loop: ScriptCore decides, an Executor of its own runs them, so that no
// script ever takes a command's place. Threads: the loop's; nothing here blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/executor/executor.hpp"
#include "agent/script/script_core.hpp"

namespace pncp::agent {

class ScriptRunner {
  public:
    /// `scripts` are sorted by name. Throws as Executor does.
    ScriptRunner(std::string_view device, std::vector<ScriptSpec> scripts, std::int64_t now_ms);

    /// Readable when turn() has something to do.
    [[nodiscard]] int fd() const { return executor_.fd(); }
    /// When turn() has something to do although nothing is readable; nullopt without scripts.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;

    /// Begins, reads and ends whatever is due: the reports of runs that have ended.
    [[nodiscard]] std::vector<ScriptReport> turn(std::int64_t now_ms);
    /// The agent stops: ends all of them, and begins no more.
    void stop(std::int64_t now_ms);

    [[nodiscard]] const Executor& executor() const { return executor_; }

  private:
    ScriptCore core_;
    Executor executor_;
    bool stopping_ = false;
};

}  // namespace pncp::agent
