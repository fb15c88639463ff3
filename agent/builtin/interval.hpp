// The built-in command `interval`: how often a group of metrics is read, changed at run time within what the
// device's configuration allows. It holds until its time is over or the agent restarts; nothing is written.
// Pure: time is an argument; whoever owns the sampler asks afterwards what holds now. One thread.
//
//     interval                       what holds now
//     interval cpu 1s                every second, until the agent restarts
//     interval all 30s for 2h        every group that is not switched off, for two hours
//     interval cpu default           as configured
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/builtin/builtin.hpp"
#include "agent/sampler/groups.hpp"

namespace pncp {

/// What an operator may ask for.
struct IntervalLimits {
    std::int64_t min_ms = 1'000;
    std::int64_t max_ms = 3'600'000;
};

class IntervalTuning {
  public:
    static constexpr std::string_view kName = "interval";
    static constexpr std::string_view kHelp =
        "How often metrics are read: shows it, or changes it for a while";
    /// The longest `for`; what should hold for longer belongs into the configuration.
    static constexpr std::int64_t kForMaxMs = 7LL * 24 * 3'600'000;

    /// `configured` and `sample_ms` (> 0) as the agent's settings have them.
    IntervalTuning(const GroupIntervals& configured, std::int64_t sample_ms, IntervalLimits limits);

    /// What its arguments may be, a text each, for the list of commands.
    [[nodiscard]] std::vector<std::string> arguments() const;

    /// Runs the command at boot time `now_ms`. `wall_us`: microseconds since 1970, nullopt when the device
    /// does not know; only for the answer.
    [[nodiscard]] CommandOutput run(std::span<const std::string> args, std::int64_t now_ms,
                                    std::optional<std::int64_t> wall_us);

    /// When something that holds for a while is over.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ms() const;
    /// Takes back what is over; true if there was something.
    [[nodiscard]] bool expire(std::int64_t now_ms);

    /// Time between two samples: as configured, or as the most frequent group needs it.
    [[nodiscard]] std::int64_t sample_ms() const;
    /// For Sampler::set_interval(): 0 = with every sample, less than 0 = never.
    [[nodiscard]] std::int64_t of(MetricGroup group) const;

  private:
    struct Change {
        std::int64_t interval_ms = 0;
        std::optional<std::int64_t> until_ms;
    };

    [[nodiscard]] std::int64_t configured_ms(MetricGroup group) const;
    [[nodiscard]] std::int64_t wanted_ms(MetricGroup group) const;
    [[nodiscard]] bool tuned() const;
    [[nodiscard]] CommandOutput list(std::int64_t now_ms) const;
    [[nodiscard]] std::string answer(std::string_view name, MetricGroup group, std::int64_t now_ms,
                                     std::optional<std::int64_t> wall_us) const;

    GroupIntervals configured_;
    std::int64_t sample_ms_;
    IntervalLimits limits_;
    std::array<std::optional<Change>, kMetricGroups> changes_;
};

}  // namespace pncp
