// Frequency of each core, as cpufreq drives it, and the points `linux_cpu` made of it. Cores that share a
// clock share a policy, so one file tells it for all four cores of a Pi. One thread; files stay open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "schema/point.hpp"

namespace pncp {

struct CpuFrequency {
    std::uint32_t core = 0;
    std::int64_t current_khz = 0;
    std::optional<std::int64_t> most_khz;  ///< what the policy allows now, lower when it caps because of heat
    bool operator==(const CpuFrequency&) const = default;
};

/// The online cores of a policy, from its `affected_cpus`: numbers with blanks between. Malformed words are
/// left out.
[[nodiscard]] std::vector<std::uint32_t> parse_cores(std::string_view text);

/// A frequency in kHz; nullopt for 0, `<unknown>` and whatever else is no number.
[[nodiscard]] std::optional<std::int64_t> parse_khz(std::string_view text);

class CpuFrequencies {
  public:
    explicit CpuFrequencies(const std::string& root);

    /// Every core online whose frequency is known, by policy. Policies are searched for on the first call and
    /// every 60 s.
    [[nodiscard]] std::vector<CpuFrequency> read(std::int64_t now_ms, ReadBuffer& buffer);

  private:
    struct Policy {
        KeptFile cores;
        KeptFile current;
        KeptFile most;
    };

    std::string folder_;
    std::vector<Policy> policies_;
    Periodic search_{60'000};
};

void add_frequency_points(const std::vector<CpuFrequency>& frequencies, std::vector<Point>& points);

}  // namespace pncp
