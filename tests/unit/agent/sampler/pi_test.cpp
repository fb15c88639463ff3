#include "agent/sampler/pi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

/// A firmware that says what a test has told it to, and remembers what it was asked.
struct FakeFirmware {
    std::map<std::string, std::string> answers;
    int questions = 0;

    FirmwareSource source() {
        return [this](const char* command) -> std::optional<std::string> {
            ++questions;
            const auto found = answers.find(command);
            return found == answers.end() ? std::nullopt : std::optional{found->second};
        };
    }
};

struct Result {
    std::vector<Point> points;
    std::vector<DeviceEdge> edges;
};

Result read(PiReader& pi, std::int64_t now_ms) {
    ReadBuffer buffer;
    Result result;
    pi.add_points(now_ms, buffer, result.points, result.edges);
    return result;
}

}  // namespace

TEST(Pi, TheFirmwareTellsThrottlingVoltageAndClocks) {
    FakeFirmware firmware{{{"get_throttled", "throttled=0x1"},
                           {"measure_volts core", "volt=0.8563V"},
                           {"measure_clock arm", "frequency(48)=1500398464"},
                           {"measure_clock core", "frequency(1)=500000992"}}};
    PiReader pi{test::tree_path("pi4"), firmware.source()};
    const auto result = read(pi, 0);
    ASSERT_EQ(result.points.size(), 2U);
    EXPECT_EQ(result.points[0].fields.size(), 8U);
    EXPECT_EQ(result.points[1], (Point{"pi_soc",
                                       {},
                                       {{"core_voltage", 0.8563},
                                        {"arm_clock", std::int64_t{1'500'398'464}},
                                        {"core_clock", std::int64_t{500'000'992}}}}));
    EXPECT_THAT(result.edges, testing::ElementsAre(DeviceEdge{"under_voltage", "holds as the agent starts"}));
}

TEST(Pi, WithoutTheFirmwareTheKernelsAlarmTellsUnderVoltage) {
    PiReader pi{test::tree_path("pi-zero-2w"), {}};
    const auto result = read(pi, 0);
    ASSERT_EQ(result.points.size(), 1U);
    EXPECT_EQ(result.points[0], (Point{"pi_throttled", {}, {{"under_voltage", true}}}));
    EXPECT_EQ(result.edges.size(), 1U);
}

TEST(Pi, AFirmwareThatFallsSilentIsAskedOnceAMinute) {
    FakeFirmware firmware;
    PiReader pi{test::tree_path("pc"), firmware.source()};
    for (std::int64_t now_ms = 0; now_ms < 120'000; now_ms += 1'000)
        EXPECT_TRUE(read(pi, now_ms).points.empty());
    EXPECT_EQ(firmware.questions, 2);
    firmware.answers["get_throttled"] = "throttled=0x0";
    EXPECT_EQ(read(pi, 120'000).points.size(), 1U) << "and its return is noticed";
}

TEST(Pi, AFirmwareThatTalksNonsenseIsAbsent) {
    FakeFirmware firmware{{{"get_throttled", "throttled=0x0"}, {"measure_volts core", "plenty"}}};
    PiReader pi{test::tree_path("pc"), firmware.source()};
    EXPECT_EQ(read(pi, 0).points.size(), 1U) << "no voltage, no clocks: no point for them";
    firmware.answers["get_throttled"] = "\xff\x00";
    EXPECT_TRUE(read(pi, 1).points.empty());
}

TEST(Pi, APcHasNothingOfAPi) {
    PiReader pi{test::tree_path("pc"), {}};
    EXPECT_TRUE(read(pi, 0).points.empty());
}

}  // namespace pncp
