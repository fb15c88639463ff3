// The single steps that are measured one by one: by Google Benchmark in time (bench-micro), by callgrind in
// instructions (bench-count). One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pncp::bench {

struct Case {
    std::string name;
    /// Prepares what the step needs, and returns the step: to be called again and again.
    std::function<std::function<void()>()> prepare;
};

/// In a fixed order.
[[nodiscard]] std::vector<Case> cases();

[[nodiscard]] std::vector<Case> schema_cases();
[[nodiscard]] std::vector<Case> broker_cases();
[[nodiscard]] std::vector<Case> agent_cases();
[[nodiscard]] std::vector<Case> line_cases();

/// Keeps a result from being optimised away.
template <typename T>
void keep(T&& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace pncp::bench
