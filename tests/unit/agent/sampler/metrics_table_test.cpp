// agent/sampler/METRICS.md is a promise to whoever writes queries: it is compared with what the code
// produces.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/sampler/sampler.hpp"
#include "agent/sampler/text.hpp"
#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

/// "measurement name type", as one line of the table or one field of a point.
using Lines = std::set<std::string>;

std::string type_name(const FieldValue& value) {
    constexpr const char* kNames[] = {"int", "float", "bool", "string"};
    return kNames[value.index()];
}

/// Cells of a table's line, without backquotes; empty for any other line.
std::vector<std::string> cells(std::string_view line) {
    std::vector<std::string> found;
    if (!line.starts_with("| `")) return found;
    line.remove_prefix(1);
    for (auto bar = line.find('|'); bar != std::string_view::npos; bar = line.find('|')) {
        std::string cell{proc::trimmed(line.substr(0, bar))};
        std::erase(cell, '`');
        found.push_back(cell);
        line.remove_prefix(bar + 1);
    }
    return found;
}

Lines documented() {
    Lines lines;
    const auto text = test::text_of(std::string{PNCP_SOURCE_DIR} + "/agent/sampler/METRICS.md");
    std::string_view rest = text;
    while (const auto line = proc::next_line(rest)) {
        const auto found = cells(*line);
        if (found.size() == 6) lines.insert(found[0] + " " + found[1] + " " + found[2]);
    }
    return lines;
}

/// What recorded trees cannot hold or do not show: logged-in users, a firmware, a Wi-Fi rate, an eMMC.
SamplerOptions everything(const test::TempTree& tree) {
    tree.write("var/run/utmp", test::utmp_record(USER_PROCESS, "ada"));
    tree.write("sys/block/mmcblk0/device/life_time", "0x01 0x02\n");
    tree.write("sys/block/mmcblk0/device/pre_eol_info", "0x01\n");
    SamplerOptions options{tree.path(), test::recorded_space};
    options.sd_endurance_tb = 100;
    options.wifi_rate = [](const std::string&) { return std::optional<std::int64_t>{72'200'000}; };
    options.firmware = [](const char* command) -> std::optional<std::string> {
        const std::string_view asked = command;
        if (asked == "get_throttled") return "throttled=0x50000";
        if (asked == "measure_volts core") return "volt=0.8563V";
        return "frequency(48)=1500398464";
    };
    return options;
}

void add_lines(const Sample& sample, Lines& lines) {
    for (const auto& point : sample.points) {
        for (const auto& [key, value] : point.tags) lines.insert(point.measurement + " " + key + " tag");
        for (const auto& [key, value] : point.fields)
            lines.insert(point.measurement + " " + key + " " + type_name(value));
    }
}

Lines produced() {
    constexpr std::int64_t kTwoHoursMs = 7'200'000;
    Lines lines;
    for (const auto* name : {"pi3", "pi4", "pi5", "pi-zero-2w", "pc"}) {
        const test::TempTree tree{name};
        Sampler sampler{everything(tree)};
        (void)sampler.take(0);
        tree.pass_ten_seconds();
        tree.write("sys/block/mmcblk0/stat", "1 0 8 1 2 0 99999999 1 0 2 2\n");
        tree.write("proc/net/wireless", "wlan0: 0000 54. -56. -92. 0 0 0 0 0 0\n");
        add_lines(sampler.take(kTwoHoursMs), lines);
    }
    return lines;
}

/// The measurements of each group, over all recorded machines.
std::map<MetricGroup, std::set<std::string>> measurements_by_group() {
    std::map<MetricGroup, std::set<std::string>> found;
    for (const auto* name : {"pi3", "pi4", "pi5", "pi-zero-2w", "pc"}) {
        const test::TempTree tree{name};
        auto options = everything(tree);
        for (std::size_t i = 0; i < kMetricGroups; ++i)
            options.intervals.set(static_cast<MetricGroup>(i), -1);
        Sampler sampler{std::move(options)};
        for (std::size_t i = 0; i < kMetricGroups; ++i) {
            const auto group = static_cast<MetricGroup>(i);
            sampler.set_interval(group, 0);
            (void)sampler.take(0);
            tree.pass_ten_seconds();
            for (const auto& point : sampler.take(10'000).points) found[group].insert(point.measurement);
            sampler.set_interval(group, -1);
        }
    }
    return found;
}

}  // namespace

TEST(MetricsTable, SaysExactlyWhatTheSamplerProduces) {
    const auto promised = documented();
    ASSERT_GT(promised.size(), 40U) << "the table was not found";
    EXPECT_EQ(produced(), promised);
}

TEST(MetricsTable, EveryFieldHasAUnitOrIsATagAndEveryLineASource) {
    const auto text = test::text_of(std::string{PNCP_SOURCE_DIR} + "/agent/sampler/METRICS.md");
    std::string_view rest = text;
    while (const auto line = proc::next_line(rest)) {
        const auto found = cells(*line);
        if (found.size() != 6) continue;
        EXPECT_TRUE(found[2] == "tag" || !found[3].empty()) << *line;
        EXPECT_FALSE(found[4].empty()) << *line;
    }
}

TEST(MetricsTable, SaysWhatIsInEachGroup) {
    const auto text = test::text_of(std::string{PNCP_SOURCE_DIR} + "/agent/sampler/METRICS.md");
    std::string_view rest = text;
    auto measurements = measurements_by_group();
    std::set<std::string> groups;
    while (const auto line = proc::next_line(rest)) {
        const auto found = cells(*line);
        const auto group = found.size() == 4 ? group_named(found[0]) : std::nullopt;
        if (!group) continue;
        groups.insert(found[0]);
        std::string names;
        for (const auto& name : measurements[*group]) names += (names.empty() ? "" : ", ") + name;
        EXPECT_EQ(names, found[1]) << found[0];
        const auto interval_ms = GroupIntervals{}.of(*group);
        const std::string interval = interval_ms == 0          ? "every sample"
                                     : interval_ms < 3'600'000 ? std::to_string(interval_ms / 60'000) + " min"
                                                               : "1 h";
        EXPECT_EQ(interval, found[2]) << found[0];
    }
    EXPECT_EQ(groups.size(), kMetricGroups);
}

}  // namespace pncp
