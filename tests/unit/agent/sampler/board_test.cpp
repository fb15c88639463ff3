#include "agent/sampler/board.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Board, PropertiesAreBigEndianAndOfFourBytes) {
    EXPECT_EQ(parse_cell(std::string_view{"\x00\x00\x13\x88", 4}), 5'000U);
    EXPECT_EQ(parse_cell(std::string_view{"\xFF\xFF\xFF\xFF", 4}), 0xFFFF'FFFFU);
    EXPECT_FALSE(parse_cell(std::string_view{"\x00\x00\x13", 3}));
    EXPECT_FALSE(parse_cell(std::string_view{"\x00\x00\x13\x88\x00", 5}));
    EXPECT_FALSE(parse_cell(""));
}

TEST(Board, TextEndsAtItsNulAndCannotBreakALine) {
    EXPECT_EQ(parse_property_text(std::string_view{"Pi\0x", 4}), "Pi");
    EXPECT_EQ(parse_property_text("a\nb"), "a\\x0ab");
    EXPECT_EQ(parse_property_text(std::string(5'000, 'x')).size(), 128U);
    EXPECT_EQ(parse_property_text(""), "");
}

TEST(Board, EveryRecordedPiKnowsItsModelAndAPcHasNone) {
    ReadBuffer buffer;
    EXPECT_EQ(board_model(test::tree_path("pi3"), buffer), "Raspberry Pi 3 Model B Plus Rev 1.3");
    EXPECT_EQ(board_model(test::tree_path("pi4"), buffer), "Raspberry Pi 4 Model B Rev 1.4");
    EXPECT_EQ(board_model(test::tree_path("pi5"), buffer), "Raspberry Pi 5 Model B Rev 1.0");
    EXPECT_EQ(board_model(test::tree_path("pi-zero-2w"), buffer), "Raspberry Pi Zero 2 W Rev 1.0");
    EXPECT_EQ(board_model(test::tree_path("pc"), buffer), "");
}

TEST(Board, APi5TellsWhatItsPowerSupplySaid) {
    ReadBuffer buffer;
    std::vector<Point> points;
    add_board_points(test::tree_path("pi5"), buffer, points);
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0], (Point{"pi_info",
                                {},
                                {{"model", std::string{"Raspberry Pi 5 Model B Rev 1.0"}},
                                 {"revision", std::int64_t{0xD04170}}}}));
    EXPECT_EQ(points[1], (Point{"pi_power",
                                {},
                                {{"max_current", std::int64_t{5'000}},
                                 {"usb_max_current", true},
                                 {"usb_over_current", false},
                                 {"reset_reasons", std::int64_t{2}}}}));
}

TEST(Board, WhatADeviceLacksMakesNoPoint) {
    ReadBuffer buffer;
    std::vector<Point> points;
    add_board_points(test::tree_path("pc"), buffer, points);
    EXPECT_TRUE(points.empty());
    add_board_points(test::tree_path("pi4"), buffer, points);
    EXPECT_EQ(points.size(), 1U) << "no power input";
}

TEST(Fan, OfAPi5TellsItsSpeedAndDuty) {
    ReadBuffer buffer;
    std::vector<Point> points;
    Fan{test::tree_path("pi5")}.add_point(0, buffer, points);
    Fan{test::tree_path("pi4")}.add_point(0, buffer, points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].fields[0], (std::pair<std::string, FieldValue>{"rpm", std::int64_t{2810}}));
    EXPECT_NEAR(std::get<double>(points[0].fields[1].second), 29.4, 0.05);
}

TEST(Fan, AFanThatLiesIsAbsentAndOneThatStandsStillIsNot) {
    EXPECT_EQ(parse_rpm("0\n"), 0);
    EXPECT_FALSE(parse_rpm("-1\n"));
    EXPECT_FALSE(parse_rpm("9999999\n"));
    EXPECT_EQ(parse_duty("255\n"), 100.0);
    EXPECT_FALSE(parse_duty("256\n"));
    EXPECT_FALSE(parse_duty("255"));
}

TEST(VoltageAlarm, IsReadFromTheKernelsOwnSensor) {
    ReadBuffer buffer;
    EXPECT_EQ(VoltageAlarm{test::tree_path("pi4")}.read(0, buffer), false);
    EXPECT_EQ(VoltageAlarm{test::tree_path("pi-zero-2w")}.read(0, buffer), true);
    EXPECT_EQ(VoltageAlarm{test::tree_path("pc")}.read(0, buffer), std::nullopt);
}

}  // namespace pncp
