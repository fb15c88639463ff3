#include "agent/sampler/memory.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

enum Line : std::size_t {
    kTotal,
    kFree,
    kAvailable,
    kBuffers,
    kCached,
    kReclaimable,
    kSwapTotal,
    kSwapFree,
    kLines
};
constexpr std::array<std::string_view, kLines> kNames{
    "MemTotal:", "MemFree:",      "MemAvailable:", "Buffers:",
    "Cached:",   "SReclaimable:", "SwapTotal:",    "SwapFree:"};
using Values = std::array<std::optional<std::int64_t>, kLines>;

std::optional<std::int64_t> bytes_of(std::string_view kibibytes) {
    // A sixteenth of the range, so that sums of a few values fit as well.
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1024 / 16;
    const auto number = proc::to_integer(kibibytes);
    if (!number || *number < 0 || *number > kMost) return std::nullopt;
    return *number * 1024;
}

double percent(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

std::optional<MemoryReading> memory_of(const Values& values) {
    for (std::size_t line = kTotal; line <= kReclaimable; ++line)
        if (!values[line]) return std::nullopt;
    MemoryReading memory{*values[kTotal], *values[kAvailable], *values[kFree], *values[kBuffers],
                         *values[kCached] + *values[kReclaimable]};
    // Some containers show their own total and the host's available; free is then the best that is known.
    if (memory.available > memory.total) memory.available = memory.free;
    if (memory.total == 0 || memory.free > memory.total) return std::nullopt;
    return memory;
}

}  // namespace

double MemoryReading::used_percent() const { return percent(used(), total); }
double MemoryReading::available_percent() const { return percent(available, total); }
double SwapReading::used_percent() const { return percent(used(), total); }

MemInfo parse_meminfo(std::string_view text) {
    Values values;
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        const auto name = proc::next_word(line);
        for (std::size_t i = 0; i < kLines; ++i)
            if (name == kNames[i]) values[i] = bytes_of(proc::next_word(line));
    }
    MemInfo info;
    info.memory = memory_of(values);
    if (values[kSwapTotal] && values[kSwapFree] && *values[kSwapFree] <= *values[kSwapTotal])
        info.swap = SwapReading{*values[kSwapTotal], *values[kSwapFree]};
    return info;
}

void add_memory_points(const MemInfo& info, std::vector<Point>& points) {
    if (info.memory) {
        const auto& memory = *info.memory;
        points.push_back({"mem",
                          {},
                          {{"total", memory.total},
                           {"available", memory.available},
                           {"available_percent", memory.available_percent()},
                           {"used", memory.used()},
                           {"used_percent", memory.used_percent()},
                           {"free", memory.free},
                           {"buffered", memory.buffered},
                           {"cached", memory.cached}}});
    }
    if (info.swap) {
        const auto& swap = *info.swap;
        points.push_back({"swap",
                          {},
                          {{"total", swap.total},
                           {"used", swap.used()},
                           {"free", swap.free},
                           {"used_percent", swap.used_percent()}}});
    }
}

}  // namespace pncp
