// One command that runs, as decisions: when it gets SIGTERM and SIGKILL, what of its output is kept, when it
// has ended and how. Pure: no process, descriptor or clock; executor.hpp performs what it says. One thread.
//
//   running ──time-out, cancel, stop──▶ terminating ──2 s──▶ killing ──3 s──▶ ended (it can't be killed)
//      │                                     │                  │
//      └────────────── the leader exits ─────┴──────────────────┘
//                            ▼
//                        draining ──both pipes closed, or 250 ms──▶ ended (what is left of the group is
//                        killed)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/core/actions.hpp"

namespace pncp::agent {

class Run {
  public:
    /// From SIGTERM to SIGKILL.
    static constexpr std::int64_t kKillAfterMs = 2'000;
    /// The same when the agent itself has to stop, which waits AgentCore::kStopMs in all.
    static constexpr std::int64_t kStopKillAfterMs = 300;
    /// A process that SIGKILL does not end waits in the kernel, for a dead disk or mount: it is given up.
    static constexpr std::int64_t kGiveUpMs = 3'000;
    /// How long processes that outlive the leader may hold its output open.
    static constexpr std::int64_t kLingerMs = 250;

    struct Bounds {
        std::int64_t timeout_ms = 0;
        std::size_t output_bytes = 0;  ///< both streams together
    };
    /// What the kernel said of the leader's end.
    struct Exit {
        bool by_signal = false;
        int number = 0;  ///< exit code or signal
    };
    /// For the whole process group.
    enum class Order : std::uint8_t { none, terminate, kill };

    Run(const Id16& command, const Bounds& bounds, std::int64_t now_ms);

    void on_output(OutputStream stream, std::string_view bytes);
    /// The stream is at its end.
    void on_closed(OutputStream stream);
    void on_exit(const Exit& exit, std::int64_t now_ms);
    void cancel(std::int64_t now_ms);
    /// The agent stops.
    void interrupt(std::int64_t now_ms);

    /// What is to be done now; each order comes once.
    [[nodiscard]] Order next_order(std::int64_t now_ms);
    /// When next_order() or ended() may have news without an event.
    [[nodiscard]] std::int64_t wake_at_ms() const { return deadline_ms_; }
    [[nodiscard]] bool ended(std::int64_t now_ms) const;
    /// False after a run was given up: its leader may still be there.
    [[nodiscard]] bool leader_exited() const { return phase_ == Phase::draining; }
    [[nodiscard]] const Id16& command() const { return command_; }

    /// The result, once ended() is true; the run is used up.
    [[nodiscard]] CommandFinished finish(std::int64_t now_ms);

  private:
    enum class Phase : std::uint8_t { running, terminating, killing, draining };
    enum class Cause : std::uint8_t { none, timeout, cancelled, interrupted };

    void terminate(Cause cause, std::int64_t kill_after_ms, std::int64_t now_ms);
    [[nodiscard]] bool closed() const { return out_closed_ && err_closed_; }
    [[nodiscard]] std::string reason() const;
    void cut_output();

    Id16 command_;
    Bounds bounds_;
    std::int64_t began_ms_;
    Phase phase_ = Phase::running;
    Cause cause_ = Cause::none;
    Order order_ = Order::none;
    std::int64_t deadline_ms_;
    std::int64_t kill_after_ms_ = kKillAfterMs;
    Exit exit_;
    bool killed_ = false;  ///< SIGKILL was ordered
    bool out_closed_ = false;
    bool err_closed_ = false;
    bool truncated_ = false;
    std::string out_;
    std::string err_;
};

}  // namespace pncp::agent
