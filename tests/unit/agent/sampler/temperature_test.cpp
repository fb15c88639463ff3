#include "agent/sampler/temperature.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Temperature, IsThousandthsOfADegree) {
    EXPECT_EQ(parse_millidegrees("48686\n"), 48.686);
    EXPECT_EQ(parse_millidegrees("-5000\n"), -5.0);
}

TEST(Temperature, IsAbsentWhereTheSensorHasNoValue) {
    for (const auto* text : {"", "48686", "-274000\n", "9999999\n", "hot\n", "\n"})
        EXPECT_FALSE(parse_millidegrees(text));
}

TEST(ThermalZones, ZonesOfOneTypeGetDifferentNames) {
    ReadBuffer buffer;
    ThermalZones zones{test::tree_path("pc")};
    const auto readings = zones.read(0, buffer);
    ASSERT_EQ(readings.size(), 3U) << "the Wi-Fi card has no value";
    EXPECT_EQ(readings[0].sensor, "acpitz");
    EXPECT_EQ(readings[1].sensor, "acpitz_1");
    EXPECT_EQ(readings[2].sensor, "x86_pkg_temp");
    EXPECT_DOUBLE_EQ(readings[1].celsius, 29.8);
}

TEST(ThermalZones, AZoneThatVanishesIsAbsentAndANewOneIsFoundWithinAMinute) {
    const test::TempTree tree{"pi4"};
    ReadBuffer buffer;
    ThermalZones zones{tree.path()};
    EXPECT_EQ(zones.read(1'000, buffer).size(), 1U);
    tree.remove("sys/class/thermal/thermal_zone0");
    EXPECT_TRUE(zones.read(2'000, buffer).empty());
    tree.write("sys/class/thermal/thermal_zone7/type", "gpu\n");
    tree.write("sys/class/thermal/thermal_zone7/temp", "40000\n");
    EXPECT_TRUE(zones.read(3'000, buffer).empty());
    EXPECT_EQ(zones.read(61'000, buffer).at(0).sensor, "gpu");
}

TEST(ThermalZones, AMachineWithoutThemHasNoTemperature) {
    const test::TempTree tree;
    ReadBuffer buffer;
    ThermalZones zones{tree.path()};
    EXPECT_TRUE(zones.read(0, buffer).empty());
}

}  // namespace pncp
