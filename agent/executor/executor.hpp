// Runs the commands of the catalogue as processes of their own. Run (run.hpp) decides, spawn.hpp starts, this
// waits for descriptors, reads, sends signals and reaps. It never blocks and bounds what it reads in one
// turn, so that the agent's loop stays awake whatever a command does. Which command may run when (two at
// once, 16 that wait) is AgentCore's decision. Threads: the loop's. Lifetime: what still runs when it is
// destroyed is killed.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/executor/catalogue.hpp"
#include "agent/executor/run.hpp"
#include "agent/executor/spawn.hpp"

namespace pncp::agent {

class Executor {
  public:
    /// Throws std::runtime_error when there is no descriptor for epoll. `catalogue` is sorted by name.
    explicit Executor(std::vector<CommandSpec> catalogue);
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    ~Executor();

    [[nodiscard]] const std::vector<CommandSpec>& catalogue() const { return catalogue_; }

    /// Readable when turn() has something to do; one descriptor for all commands.
    [[nodiscard]] int fd() const { return epoll_.get(); }
    /// When turn() has something to do although nothing is readable.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;

    /// Starts a command, or refuses it: its end comes out of take_finished(), at once or later.
    void start(const RunCommand& command, std::int64_t now_ms);
    /// Ends it by SIGTERM, then SIGKILL; nothing happens when it does not run.
    void cancel(const Id16& command, std::int64_t now_ms);
    /// The agent stops: ends all of them, in less time.
    void stop(std::int64_t now_ms);
    /// Reads, signals and reaps whatever is due.
    void turn(std::int64_t now_ms);
    /// The commands that have ended since the last call.
    [[nodiscard]] std::vector<CommandFinished> take_finished();

    [[nodiscard]] std::size_t running() const { return children_.size(); }
    /// Adds the processes that its runs began with, for Orphans.
    void add_leaders(std::vector<pid_t>& leaders) const;

  private:
    struct Child {
        std::uint64_t serial;
        Run run;
        Spawned process;
        const CommandSpec* command;
        std::vector<std::string> secrets;  ///< what its output may not show
        bool never_started = false;
        std::string failure = {};
    };
    enum class Source : std::uint8_t { out, err, exit };

    [[nodiscard]] const CommandSpec* find(std::string_view name) const;
    void refuse(const Id16& command, std::string reason);
    void watch(int fd, std::uint64_t serial, Source source);
    void unwatch(int fd);
    void on_event(std::uint64_t key, std::int64_t now_ms);
    void read_output(Child& child, OutputStream stream);
    void on_exit(Child& child, std::int64_t now_ms);
    void end(Child& child, std::int64_t now_ms);
    void reap_given_up(std::uint64_t serial);

    std::vector<CommandSpec> catalogue_;
    Fd epoll_;
    std::list<Child> children_;
    /// pidfds of processes that did not end by SIGKILL, until they do, by serial.
    std::vector<std::pair<std::uint64_t, Fd>> given_up_;
    std::uint64_t next_serial_ = 1;
    std::vector<CommandFinished> finished_;
};

}  // namespace pncp::agent
