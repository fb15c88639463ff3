#include "agent/sampler/hwmon.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

std::vector<std::string> names(const std::vector<TemperatureReading>& readings) {
    std::vector<std::string> found;
    for (const auto& one : readings) found.push_back(one.sensor);
    return found;
}

bool no_zone(std::string_view) { return false; }

}  // namespace

TEST(Hwmon, SensorsAreNamedAsTelegrafDoes) {
    EXPECT_EQ(sensor_name("coretemp", "Package id 0"), "coretemp_packageid0");
    EXPECT_EQ(sensor_name("rp1_adc", ""), "rp1_adc");
}

TEST(Hwmon, TwoDisksOfOneKindGetDifferentNames) {
    ReadBuffer buffer;
    Hwmons hwmons{test::tree_path("pc")};
    EXPECT_THAT(names(hwmons.read(0, buffer, [](std::string_view name) { return name == "acpitz"; })),
                testing::ElementsAre("nvme_composite", "nvme_sensor1", "coretemp_packageid0",
                                     "coretemp_core0", "nvme_composite_3"));
}

TEST(Hwmon, AThermalZoneIsNotReportedTwice) {
    ReadBuffer buffer;
    ThermalZones zones{test::tree_path("pi5")};
    (void)zones.read(0, buffer);
    EXPECT_TRUE(zones.has_type("cpu_thermal"));
    EXPECT_FALSE(zones.has_type("cpu"));
    Hwmons hwmons{test::tree_path("pi5")};
    EXPECT_THAT(names(hwmons.read(0, buffer, [&](std::string_view name) { return zones.has_type(name); })),
                testing::ElementsAre("nvme_composite", "rp1_adc"));
}

TEST(Hwmon, ASensorThatVanishesOrLiesIsAbsentAndComesBack) {
    const test::TempTree tree{"pi5"};
    ReadBuffer buffer;
    Hwmons hwmons{tree.path()};
    EXPECT_EQ(hwmons.read(0, buffer, no_zone).size(), 3U);
    tree.remove("sys/class/hwmon/hwmon1/temp1_input");
    tree.write("sys/class/hwmon/hwmon2/temp1_input", "-274000\n");
    EXPECT_THAT(names(hwmons.read(1, buffer, no_zone)), testing::ElementsAre("cpu_thermal"));
    tree.write("sys/class/hwmon/hwmon1/temp1_input", "30000\n");
    EXPECT_EQ(hwmons.read(2, buffer, no_zone).size(), 2U);
}

TEST(Hwmon, SensorsPastTheLimitAreLeftOut) {
    const test::TempTree tree;
    tree.write("sys/class/hwmon/hwmon0/name", "many\n");
    for (int i = 0; i < 100; ++i)
        tree.write("sys/class/hwmon/hwmon0/temp" + std::to_string(i) + "_input", "1000\n");
    ReadBuffer buffer;
    EXPECT_EQ(Hwmons{tree.path()}.read(0, buffer, no_zone).size(), kMaxHwmonSensors);
}

}  // namespace pncp
