// When the user's scripts run, and what becomes of what they print. Pure: no process, file or clock;
// script_runner.hpp performs what it says. One thread.
//
// Each script has a grid of its own, on the device's time since boot and shifted by a phase that follows from
// the names of device and script: a fleet does not run them in chorus, and a restart of the agent runs none
// early. At most kAtOnce run at a time, the others wait in order. A script whose last run has not ended when
// the next is due is not run twice: that one is skipped, and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/actions.hpp"
#include "agent/core/sample_grid.hpp"
#include "agent/sampler/device_edge.hpp"
#include "agent/script/script_spec.hpp"

namespace pncp::agent {

/// What one run leaves for the broker: points for a row of their own, the last one `pi_script`, and events.
struct ScriptReport {
    std::vector<Point> points;
    std::vector<DeviceEdge> edges;
};

class ScriptCore {
  public:
    static constexpr std::size_t kAtOnce = 2;

    /// The first runs are due at the first instants of the grids after `now_ms`.
    ScriptCore(std::string_view device, const std::vector<ScriptSpec>& scripts, std::int64_t now_ms);

    /// When start_due() has something to do; nullopt without scripts.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;

    /// The runs that begin now. Each is answered by on_finished().
    [[nodiscard]] std::vector<RunCommand> start_due(std::int64_t now_ms);

    /// Nothing for an end that was never begun, or that the agent's own stop brought about.
    [[nodiscard]] ScriptReport on_finished(const CommandFinished& finished);

  private:
    enum class State : std::uint8_t { idle, waiting, running };
    struct Script {
        std::string name;
        std::string measurement;
        ScriptFormat format;
        std::int64_t timeout_ms;
        SampleGrid grid;
        std::int64_t next_ms;
        State state = State::idle;
        bool failing = false;
        bool cut = false;
        std::int64_t runs = 0;
        std::int64_t failed = 0;      ///< of all runs
        std::int64_t failed_row = 0;  ///< of those since the last good one
        std::int64_t skipped = 0;
    };

    static void judge_failure(Script& script, const std::string& reason, ScriptReport& report);
    static void judge_success(Script& script, ScriptPoints found, bool output_cut, ScriptReport& report);

    std::vector<Script> scripts_;
    std::deque<std::size_t> waiting_;
    std::size_t running_ = 0;
};

}  // namespace pncp::agent
