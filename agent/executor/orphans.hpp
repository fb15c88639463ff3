// Closes the way out of a command's process group: what calls setsid() and loses its parent falls to the
// agent (PR_SET_CHILD_SUBREAPER), which ends it once no run that could have started it is left. An orphan
// does not say whose it was, but one that is older than every run of now belongs to none of them, and that
// can't be forged. Threads: main's, which is also the one that forks: the kernel lists children by thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace pncp::agent {

class Orphans {
  public:
    /// From one look to the next, while any that was killed is still there; doubled up to the latter: one
    /// that waits in the kernel for a dead disk must not keep the device awake.
    static constexpr std::int64_t kAgainMs = 50;
    static constexpr std::int64_t kAgainMaxMs = 60'000;

    /// Has orphans of this process's descendants fall to it; nothing where the kernel lists no children
    /// (CONFIG_PROC_CHILDREN), as they could not be found again.
    Orphans();

    [[nodiscard]] bool adopts() const { return adopts_; }

    /// A run has ended: turn() has something to do.
    void on_run_ended(std::int64_t now_ms);
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const { return due_ms_; }
    /// Ends and reaps orphans. `leaders`: the processes that runs of now began with; they are left alone.
    void turn(std::span<const pid_t> leaders, std::int64_t now_ms);

  private:
    bool adopts_ = false;
    std::optional<std::int64_t> due_ms_;
    std::int64_t again_ms_ = kAgainMs;
};

}  // namespace pncp::agent
