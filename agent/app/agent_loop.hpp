// The agent's one loop: waits for the socket, its monitor, signals and commands that run, reads the clocks,
// feeds AgentCore and performs what it answers. Everything runs on main's thread (libzmq adds two of its
// own); nothing in it blocks but the wait.
#pragma once

#include <deque>
#include <optional>

#include "agent/app/agent_setup.hpp"
#include "agent/app/connection.hpp"
#include "agent/builtin/interval.hpp"
#include "agent/core/agent_core.hpp"
#include "agent/executor/executor.hpp"
#include "agent/executor/orphans.hpp"
#include "agent/sampler/sampler.hpp"
#include "agent/script/script_runner.hpp"
#include "agent/spool/spool_port.hpp"
#include "schema/program/exit_codes.hpp"
#include "schema/program/notify.hpp"
#include "schema/program/signals.hpp"

namespace pncp::agent {

class AgentLoop {
  public:
    /// Draws the spool id and the seed of the jitter. `signals` and `notifier` outlive the loop.
    AgentLoop(AgentSetup setup, Signals& signals, Notifier& notifier);

    /// Runs until a signal asks it to stop.
    [[nodiscard]] ExitCode run();

  private:
    void wait_and_handle();
    void on_frames();
    void on_connection_events();
    void on_signals();
    /// Hands the ends of commands to the core.
    void report_finished();
    /// Begins and ends the user's scripts, and hands what they tell to the core.
    void turn_scripts(const Clock& now);
    /// Ends what left the group of a command or script that has ended.
    void turn_orphans(std::int64_t now_ms);
    /// Makes sampler and core follow what `interval` has changed, or what of it is over.
    void apply_intervals(const Clock& now);
    /// Performs actions in order, and after them what they lead to: frames are numbered when they are made.
    void perform(Actions actions);
    void perform(const Send& send);
    void perform(const OpenSocket&);
    void perform(const CloseSocket&);
    void perform(const TakeSample&);
    void perform(const RunCommand& command);
    /// A built-in command, or `interval`.
    [[nodiscard]] CommandOutput run_at_once(const RunCommand& command, const Clock& now);
    void perform(const CancelCommand& command);
    void perform(const SaveKey& key);
    void perform(const DiskAction auto& action);
    void perform(const Log& log);
    void report();

    AgentSetup setup_;
    Signals& signals_;
    Notifier& notifier_;
    Sampler sampler_;
    SpoolPort spool_port_;
    AgentCore core_;
    Executor executor_;
    ScriptRunner scripts_;
    IntervalTuning tuning_;
    Orphans orphans_;
    transport::Context context_;
    transport::Poller poller_;
    std::optional<Connection> connection_;
    std::deque<Action> waiting_;
    std::optional<bool> reported_;  ///< the session's state that systemd was told last
    std::optional<std::int64_t> watchdog_ms_;
    std::int64_t watchdog_due_ms_ = 0;
};

}  // namespace pncp::agent
