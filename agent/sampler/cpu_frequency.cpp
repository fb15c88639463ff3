#include "agent/sampler/cpu_frequency.hpp"

#include <limits>
#include <utility>

#include "agent/sampler/cpu.hpp"
#include "agent/sampler/folder.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {

std::vector<std::uint32_t> parse_cores(std::string_view text) {
    std::vector<std::uint32_t> cores;
    auto line = proc::next_line(text);
    if (!line) return cores;
    for (auto word = proc::next_word(*line); !word.empty(); word = proc::next_word(*line)) {
        const auto number = proc::to_unsigned(word);
        if (number && *number <= std::numeric_limits<std::uint32_t>::max() && cores.size() < kMaxCores)
            cores.push_back(static_cast<std::uint32_t>(*number));
    }
    return cores;
}

std::optional<std::int64_t> parse_khz(std::string_view text) {
    const auto line = proc::next_line(text);
    const auto number = line ? proc::to_integer(proc::trimmed(*line)) : std::nullopt;
    return number && *number > 0 ? number : std::nullopt;
}

CpuFrequencies::CpuFrequencies(const std::string& root) : folder_(root + "/sys/devices/system/cpu/cpufreq") {}

std::vector<CpuFrequency> CpuFrequencies::read(std::int64_t now_ms, ReadBuffer& buffer) {
    if (search_.due(now_ms)) {
        policies_.clear();
        for (const auto number : numbers_in(folder_, "policy", kMaxCores)) {
            const std::string policy = folder_ + "/policy" + std::to_string(number);
            policies_.push_back({KeptFile{policy + "/affected_cpus"}, KeptFile{policy + "/scaling_cur_freq"},
                                 KeptFile{policy + "/scaling_max_freq"}});
        }
    }
    std::vector<CpuFrequency> frequencies;
    for (auto& policy : policies_) {
        const auto cores_text = policy.cores.read(buffer);
        const auto cores = cores_text ? parse_cores(*cores_text) : std::vector<std::uint32_t>{};
        if (cores.empty()) continue;
        const auto current_text = policy.current.read(buffer);
        const auto current = current_text ? parse_khz(*current_text) : std::nullopt;
        if (!current) continue;
        const auto most_text = policy.most.read(buffer);
        const auto most = most_text ? parse_khz(*most_text) : std::nullopt;
        for (const auto core : cores)
            if (frequencies.size() < kMaxCores) frequencies.push_back({core, *current, most});
    }
    return frequencies;
}

void add_frequency_points(const std::vector<CpuFrequency>& frequencies, std::vector<Point>& points) {
    for (const auto& one : frequencies) {
        Point point{
            "linux_cpu", {{"cpu", std::to_string(one.core)}}, {{"scaling_cur_freq", one.current_khz}}};
        if (one.most_khz) point.fields.emplace_back("scaling_max_freq", *one.most_khz);
        points.push_back(std::move(point));
    }
}

}  // namespace pncp
