// bench-micro: every case by Google Benchmark, with its options (--benchmark_filter=sign …).
#include <benchmark/benchmark.h>

#include "tests/bench/micro/cases.hpp"

int main(int argc, char** argv) {
    for (const auto& one : pncp::bench::cases()) {
        benchmark::RegisterBenchmark(one.name.c_str(), [prepare = one.prepare](benchmark::State& state) {
            const auto step = prepare();
            for (auto _ : state) step();
        });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
