#include "agent/sampler/cpu.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// A fall of idle or iowait by more than this is a core that was switched off, not the kernel's rounding.
constexpr std::uint64_t kIdleFallTicks = 300;

struct FieldOfColumn {
    CpuColumn column;
    const char* name;
};
constexpr std::array<FieldOfColumn, kCpuColumns> kFields{{{CpuColumn::user, "usage_user"},
                                                          {CpuColumn::system, "usage_system"},
                                                          {CpuColumn::idle, "usage_idle"},
                                                          {CpuColumn::nice, "usage_nice"},
                                                          {CpuColumn::iowait, "usage_iowait"},
                                                          {CpuColumn::irq, "usage_irq"},
                                                          {CpuColumn::softirq, "usage_softirq"},
                                                          {CpuColumn::steal, "usage_steal"},
                                                          {CpuColumn::guest, "usage_guest"},
                                                          {CpuColumn::guest_nice, "usage_guest_nice"}}};

std::optional<CpuTimes> parse_times(std::string_view columns) {
    CpuTimes times;
    for (auto& ticks : times.ticks) {
        const auto number = proc::to_unsigned(proc::next_word(columns));
        if (!number) return std::nullopt;
        ticks = *number;
    }
    return times;
}

Point cpu_point(std::string name, const CpuUsage& usage) {
    Point point{"cpu", {{"cpu", std::move(name)}}, {}};
    point.fields.reserve(kFields.size() + 1);
    for (const auto& field : kFields)
        point.fields.emplace_back(field.name, usage.share[static_cast<std::size_t>(field.column)]);
    point.fields.emplace_back("usage_active", usage.active);
    return point;
}

}  // namespace

const CpuTimes* CpuStat::core(std::uint32_t number) const {
    for (const auto& one : cores)
        if (one.number == number) return &one.times;
    return nullptr;
}

bool parse_cpu_stat(std::string_view text, CpuStat& into) {
    into.total.reset();
    into.cores.clear();
    while (const auto found = proc::next_line(text)) {
        auto line = *found;
        auto name = proc::next_word(line);
        if (!name.starts_with("cpu")) break;  // the cpu lines come first; what follows (intr) is long
        name.remove_prefix(3);
        const auto times = parse_times(line);
        if (!times) continue;
        if (name.empty()) {
            into.total = times;
            continue;
        }
        const auto number = proc::to_unsigned(name);
        if (!number || *number > std::numeric_limits<std::uint32_t>::max()) continue;
        if (into.cores.size() < kMaxCores)
            into.cores.push_back({static_cast<std::uint32_t>(*number), *times});
    }
    return !into.empty();
}

std::optional<CpuUsage> cpu_usage(const CpuTimes& before, const CpuTimes& after) {
    std::array<double, kCpuColumns> spent{};
    for (std::size_t i = 0; i < kCpuColumns; ++i) {
        const std::uint64_t was = before.ticks[i];
        const std::uint64_t is = after.ticks[i];
        const bool may_fall = i == static_cast<std::size_t>(CpuColumn::idle) ||
                              i == static_cast<std::size_t>(CpuColumn::iowait);
        if (is < was && (!may_fall || was - is > kIdleFallTicks)) return std::nullopt;
        spent[i] = is < was ? 0.0 : static_cast<double>(is - was);
    }
    const auto of = [&spent](CpuColumn column) -> double& { return spent[static_cast<std::size_t>(column)]; };
    double all = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(CpuColumn::guest); ++i) all += spent[i];
    if (all <= 0) return std::nullopt;

    CpuUsage usage;
    usage.active = 100 * (all - of(CpuColumn::idle)) / all;
    usage.busy = std::max(0.0, 100 * (all - of(CpuColumn::idle) - of(CpuColumn::iowait)) / all);
    // Guests are in user and nice already. The kernel adds to both in two steps, so a difference may be just
    // below 0.
    of(CpuColumn::user) = std::max(0.0, of(CpuColumn::user) - of(CpuColumn::guest));
    of(CpuColumn::nice) = std::max(0.0, of(CpuColumn::nice) - of(CpuColumn::guest_nice));
    for (std::size_t i = 0; i < kCpuColumns; ++i) usage.share[i] = std::min(100.0, 100 * spent[i] / all);
    return usage;
}

void add_cpu_points(const CpuStat& before, const CpuStat& after, std::vector<Point>& points) {
    for (const auto& core : after.cores) {
        const CpuTimes* was = before.core(core.number);
        if (was == nullptr) continue;
        if (const auto usage = cpu_usage(*was, core.times))
            points.push_back(cpu_point("cpu" + std::to_string(core.number), *usage));
    }
    if (!before.total || !after.total) return;
    if (const auto usage = cpu_usage(*before.total, *after.total))
        points.push_back(cpu_point("cpu-total", *usage));
}

std::vector<double> busy_percents(const CpuStat& before, const CpuStat& after) {
    std::vector<double> percents;
    percents.reserve(after.cores.size());
    for (const auto& core : after.cores) {
        const CpuTimes* was = before.core(core.number);
        auto usage = was != nullptr ? cpu_usage(*was, core.times) : std::nullopt;
        if (!usage) usage = cpu_usage(CpuTimes{}, core.times);
        percents.push_back(usage ? usage->busy : 0.0);  // 0 only for a core that has never run at all
    }
    return percents;
}

bool CpuReader::read(ReadBuffer& buffer) {
    const auto text = file_.read(buffer).value_or(std::string_view{});
    kernel_ = parse_kernel_counters(text);
    return parse_cpu_stat(text, current_);
}

const CpuStat& CpuReader::baseline(std::int64_t now_ms) const {
    constexpr std::int64_t kYoungMs = 1'000;
    const bool young = now_ms - last_ms_ < kYoungMs;
    return young && !earlier_.empty() ? earlier_ : last_;
}

void CpuReader::keep(std::int64_t now_ms) {
    // Swapped around rather than copied, so that their memory is used again.
    std::swap(earlier_, last_);
    std::swap(last_, current_);
    last_ms_ = now_ms;
}

}  // namespace pncp
