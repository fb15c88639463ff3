#include "agent/sampler/sd_card.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::optional<FieldValue> field(const std::vector<Point>& points, std::string_view name) {
    for (const auto& point : points)
        for (const auto& [key, value] : point.fields)
            if (key == name) return value;
    return std::nullopt;
}

std::vector<Point> read(SdCards& cards, std::int64_t now_ms, const std::vector<Ext4Reading>& ext4 = {}) {
    ReadBuffer buffer;
    std::vector<Point> points;
    cards.add_points(now_ms, ext4, buffer, points);
    return points;
}

std::string stat_with(std::int64_t sectors) {
    return "1 0 8 1 2 0 " + std::to_string(sectors) + " 1 0 2 2\n";
}

}  // namespace

TEST(SdCard, BytesWrittenAreCountedInSectorsOf512) {
    SdCards cards{test::tree_path("pi4"), 0};
    const auto points = read(cards, 0, {{"mmcblk0p2", 1'000, 0}, {"sda1", 5, 0}, {"mmcblk01p1", 7, 0}});
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].tags[0].second, "mmcblk0");
    EXPECT_EQ(field(points, "write_bytes"), FieldValue{81'234'120LL * 512});
    EXPECT_EQ(field(points, "lifetime_write_bytes"), FieldValue{std::int64_t{1'000}});
    EXPECT_FALSE(field(points, "life_used_a")) << "an SD card has no such estimate";
}

TEST(SdCard, TheForecastNeedsAnEnduranceAndAnHour) {
    const test::TempTree tree;
    tree.write("sys/block/mmcblk0/stat", stat_with(0));
    SdCards with{tree.path(), 1};
    SdCards without{tree.path(), 0};
    const std::vector<Ext4Reading> ext4{{"mmcblk0p2", 500'000'000'000, 0}};
    EXPECT_FALSE(field(read(with, 0, ext4), "days_left"));
    (void)read(without, 0, ext4);
    tree.write("sys/block/mmcblk0/stat", stat_with(1'000'000'000 / 24 / 512));
    EXPECT_NEAR(std::get<double>(field(read(with, kHourMs, ext4), "days_left").value()), 500.0, 0.01);
    const auto points = read(without, kHourMs, ext4);
    EXPECT_FALSE(field(points, "days_left"));
    EXPECT_TRUE(field(points, "write_bytes_a_day"));
}

TEST(SdCard, AnotherCardInTheSlotHasItsOwnRate) {
    const test::TempTree tree{"pi4"};
    tree.write("sys/block/mmcblk0/stat", stat_with(0));
    SdCards cards{tree.path(), 1};
    (void)read(cards, 0);
    tree.write("sys/block/mmcblk0/stat", stat_with(1'000));
    EXPECT_TRUE(field(read(cards, kHourMs), "write_bytes_a_day"));
    tree.write("sys/block/mmcblk0/device/name", "OTHER\n");
    EXPECT_FALSE(field(read(cards, kHourMs + 60'000), "write_bytes_a_day"));
}

TEST(SdCard, EmmcEstimatesItsLifeInTenths) {
    EXPECT_THAT(parse_life_time("0x01 0x0b\n"), testing::ElementsAre(10, 110));
    EXPECT_THAT(parse_life_time("0x00 0x0c\n"), testing::ElementsAre(std::nullopt, std::nullopt));
    EXPECT_THAT(parse_life_time("1 0x\n"), testing::ElementsAre(std::nullopt, std::nullopt));
    EXPECT_THAT(parse_life_time("0x01 0x02"), testing::ElementsAre(std::nullopt, std::nullopt)) << "cut off";
    EXPECT_EQ(parse_pre_eol("0x02\n"), 2);
    EXPECT_FALSE(parse_pre_eol("0x00\n"));
    EXPECT_FALSE(parse_pre_eol("0xFFFF\n"));
}

TEST(SdCard, WhatACardSaysItIsCannotBreakALine) {
    const test::TempTree tree{"pi4"};
    tree.write("sys/block/mmcblk0/device/name", "EVIL\x1b\nX\n");
    ReadBuffer buffer;
    std::vector<Point> points;
    SdCards{tree.path(), 0}.add_info_points(0, buffer, points);
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(field(points, "name"), FieldValue{std::string{"EVIL\\x1b\\x0aX"}});
    EXPECT_EQ(field(points, "date"), FieldValue{std::string{"06/2021"}});
    EXPECT_EQ(field(points, "type"), FieldValue{std::string{"SD"}});
}

TEST(SdCard, ACardThatIsPulledOutOrCountsNonsenseIsAbsent) {
    const test::TempTree tree{"pi4"};
    SdCards cards{tree.path(), 0};
    EXPECT_EQ(read(cards, 0).size(), 1U);
    tree.write("sys/block/mmcblk0/stat", "1 2 3\n");
    EXPECT_TRUE(read(cards, 1).empty());
    tree.remove("sys/block/mmcblk0");
    EXPECT_TRUE(read(cards, 2).empty());
}

}  // namespace pncp
