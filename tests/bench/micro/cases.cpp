#include "tests/bench/micro/cases.hpp"

#include <iterator>

namespace pncp::bench {

std::vector<Case> cases() {
    std::vector<Case> all;
    for (auto* part : {schema_cases, broker_cases, agent_cases, line_cases}) {
        auto some = part();
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace pncp::bench
