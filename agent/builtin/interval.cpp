#include "agent/builtin/interval.hpp"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "agent/builtin/table.hpp"
#include "agent/sampler/text.hpp"
#include "schema/program/quantity.hpp"

namespace pncp {
namespace {

using builtin::Align;

std::string duration_text(std::int64_t ms) {
    constexpr std::pair<std::int64_t, const char*> kUnits[] = {
        {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}};
    for (const auto& [unit_ms, name] : kUnits)
        if (ms >= unit_ms && ms % unit_ms == 0) return std::to_string(ms / unit_ms) + name;
    return std::to_string(ms) + "ms";
}

/// What is left, to a whole second.
std::string rest_text(std::int64_t ms) { return duration_text((ms + 999) / 1'000 * 1'000); }

std::string wall_text(std::int64_t wall_us) {
    const auto seconds = static_cast<std::time_t>(wall_us / 1'000'000);
    std::tm parts{};
    char text[40];
    if (gmtime_r(&seconds, &parts) == nullptr ||
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        return {};
    return text;
}

/// A duration, or a number of seconds without a unit.
std::optional<std::int64_t> parse_time(const std::string& text) {
    const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    const auto found = parse_duration_ms(bare ? text + "s" : text);
    if (!found) return std::nullopt;
    return *found;
}

CommandOutput usage(const std::string& wrong) {
    return {kExitUsage, "", "interval: " + wrong + "\nusage: interval [GROUP|all TIME|default [for TIME]]\n"};
}

MetricGroup group_at(std::size_t index) { return static_cast<MetricGroup>(index); }

}  // namespace

IntervalTuning::IntervalTuning(const GroupIntervals& configured, std::int64_t sample_ms,
                               IntervalLimits limits)
    : configured_(configured), sample_ms_(sample_ms), limits_(limits) {}

std::vector<std::string> IntervalTuning::arguments() const {
    std::string groups = "group: all";
    for (std::size_t i = 0; i < kMetricGroups; ++i) groups += "|" + std::string(group_name(group_at(i)));
    return {groups,
            "time: " + duration_text(limits_.min_ms) + ".." + duration_text(limits_.max_ms) + "|default",
            "for TIME: until the agent restarts when left out"};
}

// A group is never read more often than samples are taken.
std::int64_t IntervalTuning::configured_ms(MetricGroup group) const {
    const std::int64_t own_ms = configured_.of(group);
    return own_ms < 0 ? own_ms : std::max(own_ms, sample_ms_);
}

std::int64_t IntervalTuning::wanted_ms(MetricGroup group) const {
    const auto& change = changes_[static_cast<std::size_t>(group)];
    return change ? change->interval_ms : configured_ms(group);
}

bool IntervalTuning::tuned() const {
    return std::any_of(changes_.begin(), changes_.end(), [](const auto& each) { return each.has_value(); });
}

std::int64_t IntervalTuning::sample_ms() const {
    if (!tuned()) return sample_ms_;
    std::optional<std::int64_t> least;
    for (std::size_t i = 0; i < kMetricGroups; ++i) {
        const std::int64_t wanted = wanted_ms(group_at(i));
        if (wanted >= 0) least = std::min(least.value_or(wanted), wanted);
    }
    return least.value_or(sample_ms_);
}

std::int64_t IntervalTuning::of(MetricGroup group) const {
    if (!tuned()) return configured_.of(group);
    const std::int64_t wanted = wanted_ms(group);
    return wanted == sample_ms() ? 0 : wanted;
}

std::optional<std::int64_t> IntervalTuning::wake_at_ms() const {
    std::optional<std::int64_t> at;
    for (const auto& change : changes_)
        if (change && change->until_ms) at = std::min(at.value_or(*change->until_ms), *change->until_ms);
    return at;
}

bool IntervalTuning::expire(std::int64_t now_ms) {
    bool any = false;
    for (auto& change : changes_) {
        if (!change || !change->until_ms || now_ms < *change->until_ms) continue;
        change.reset();
        any = true;
    }
    return any;
}

CommandOutput IntervalTuning::list(std::int64_t now_ms) const {
    std::vector<std::vector<std::string>> rows{{"GROUP", "INTERVAL", "CONFIGURED", "FOR"}};
    const auto text = [](std::int64_t ms) { return ms < 0 ? std::string("never") : duration_text(ms); };
    for (std::size_t i = 0; i < kMetricGroups; ++i) {
        const MetricGroup group = group_at(i);
        const auto& change = changes_[i];
        std::string rest = "-";
        if (change) rest = change->until_ms ? rest_text(*change->until_ms - now_ms) : "until restart";
        rows.push_back({std::string(group_name(group)), text(wanted_ms(group)), text(configured_ms(group)),
                        std::move(rest)});
    }
    return {0, builtin::aligned({Align::left, Align::right, Align::right, Align::left}, rows), ""};
}

std::string IntervalTuning::answer(std::string_view name, MetricGroup group, std::int64_t now_ms,
                                   std::optional<std::int64_t> wall_us) const {
    std::string line = std::string(name) + ": ";
    const auto& change = changes_[static_cast<std::size_t>(group)];
    const std::string usual =
        name == "all" ? "as configured" : "every " + duration_text(configured_ms(group));
    if (!change) return line + usual + (name == "all" ? "\n" : ", as configured\n");
    line += "every " + duration_text(change->interval_ms);
    if (!change->until_ms) return line + " until the agent restarts, then " + usual + "\n";
    const std::int64_t rest_ms = *change->until_ms - now_ms;
    line += " for " + duration_text(rest_ms);
    if (wall_us) line += ", until " + wall_text(*wall_us + rest_ms * 1'000);
    return line + ", then " + usual + "\n";
}

CommandOutput IntervalTuning::run(std::span<const std::string> args, std::int64_t now_ms,
                                  std::optional<std::int64_t> wall_us) {
    (void)expire(now_ms);
    if (args.empty()) return list(now_ms);
    const bool all = args[0] == "all";
    const auto group = group_named(args[0]);
    if (!group && !all)
        return usage("'" + proc::visible_text(args[0].substr(0, 64)) + "' is no group of metrics");
    if (group && configured_.of(*group) < 0)
        return {kExitFailed, "",
                "interval: " + args[0] + " is switched off in this device's configuration\n"};
    if (args.size() == 1 && all) return list(now_ms);
    if (args.size() == 1) return {0, answer(args[0], *group, now_ms, wall_us), ""};
    const bool back = args[1] == "default";
    if (args.size() != 2 && (back || args.size() != 4 || args[2] != "for"))
        return usage("after the group come a time or `default`, then perhaps `for` and another time");
    std::optional<Change> change;
    if (!back) {
        const auto interval_ms = parse_time(args[1]);
        if (!interval_ms)
            return usage("'" + proc::visible_text(args[1].substr(0, 64)) + "' is no time such as 1s or 5m");
        if (*interval_ms < limits_.min_ms || *interval_ms > limits_.max_ms)
            return {kExitUsage, "",
                    "interval: this device allows " + duration_text(limits_.min_ms) + " to " +
                        duration_text(limits_.max_ms) +
                        "; metrics.interval_min and metrics.interval_max in its configuration say so\n"};
        change = Change{*interval_ms, std::nullopt};
    }
    if (args.size() == 4) {
        const auto for_ms = parse_time(args[3]);
        if (!for_ms || *for_ms < 1'000 || *for_ms > kForMaxMs)
            return usage("`for` takes a time from 1s to 7d");
        change->until_ms = now_ms + *for_ms;
    }
    for (std::size_t i = 0; i < kMetricGroups; ++i)
        if ((all && configured_.of(group_at(i)) >= 0) || (group && *group == group_at(i)))
            changes_[i] = change;
    std::size_t shown = 0;
    while (all && shown + 1 < kMetricGroups && configured_.of(group_at(shown)) < 0) ++shown;
    return {0, answer(args[0], group.value_or(group_at(shown)), now_ms, wall_us), ""};
}

}  // namespace pncp
