// agent/sampler/METRICS.md is a promise to whoever writes queries: it is compared with what the code
// produces.
#include <gtest/gtest.h>

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

Lines produced() {
    Lines lines;
    for (const auto* name : {"pi4", "pi-zero-2w", "pc"}) {
        const test::TempTree tree{name};
        tree.write("var/run/utmp", test::utmp_record(USER_PROCESS, "ada"));
        auto sampler = test::sampler_of(tree.path());
        (void)sampler.take(0);
        tree.pass_ten_seconds();
        for (const auto& point : sampler.take(10'000).points) {
            for (const auto& [key, value] : point.tags) lines.insert(point.measurement + " " + key + " tag");
            for (const auto& [key, value] : point.fields)
                lines.insert(point.measurement + " " + key + " " + type_name(value));
        }
    }
    return lines;
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

}  // namespace pncp
