#include "agent/sampler/kernel.hpp"

#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

std::optional<std::int64_t> count(std::string_view line) {
    const auto number = proc::to_integer(proc::next_word(line));
    return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace

KernelCounters parse_kernel_counters(std::string_view text) {
    KernelCounters counters;
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        const auto name = proc::next_word(line);
        if (name == "btime") counters.boot_time = count(line);
        if (name == "ctxt") counters.context_switches = count(line);
        if (name == "intr") counters.interrupts = count(line);  // the first number is the sum of the others
        if (name == "processes") counters.processes_forked = count(line);
    }
    return counters;
}

void add_kernel_point(const KernelCounters& counters, std::vector<Point>& points) {
    Point point{"kernel", {}, {}};
    const auto add = [&point](const char* name, const std::optional<std::int64_t>& value) {
        if (value) point.fields.emplace_back(name, *value);
    };
    add("boot_time", counters.boot_time);
    add("context_switches", counters.context_switches);
    add("interrupts", counters.interrupts);
    add("processes_forked", counters.processes_forked);
    if (!point.fields.empty()) points.push_back(std::move(point));
}

}  // namespace pncp
