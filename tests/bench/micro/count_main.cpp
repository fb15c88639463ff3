// bench-count: the names of all cases, one a line. bench-count NAME TIMES: that step so many times, for
// callgrind to count: the difference of two runs is free of what starting costs.
#include <cstdio>
#include <cstdlib>

#include "tests/bench/micro/cases.hpp"

int main(int argc, char** argv) {
    const long times = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 0;
    for (const auto& one : pncp::bench::cases()) {
        if (argc == 1) std::puts(one.name.c_str());
        if (argc < 3 || one.name != argv[1]) continue;
        const auto step = one.prepare();
        for (long i = 0; i < times; ++i) step();
        return 0;
    }
    return argc == 1 ? 0 : 2;
}
