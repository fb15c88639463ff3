#include <memory>

#include "agent/core/rows.hpp"
#include "agent/sampler/sampler.hpp"
#include "tests/bench/micro/cases.hpp"

namespace pncp::bench {

std::vector<Case> agent_cases() {
    return {{"sampler/pi4",
             [] {
                 SamplerOptions options;
                 options.root = PNCP_BENCH_TREE;
                 options.disk_space = [](const std::string&) { return std::nullopt; };
                 auto sampler = std::make_shared<Sampler>(std::move(options));
                 return [sampler, now_ms = std::int64_t{0}]() mutable {
                     now_ms += 10'000;
                     keep(sampler->take(now_ms));
                 };
             }},
            {"sampler/rows of a sample", [] {
                 SamplerOptions options;
                 options.root = PNCP_BENCH_TREE;
                 Sampler sampler(std::move(options));
                 return [points = sampler.take(0).points] { keep(agent::sample_rows(points)); };
             }}};
}

}  // namespace pncp::bench
