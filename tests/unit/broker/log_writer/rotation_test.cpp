#include "broker/log_writer/rotation.hpp"

#include <gtest/gtest.h>

namespace pncp::log_writer {
namespace {

using Names = std::vector<std::string>;

TEST(Rotation, IsDueBySizeOrAgeButNeverForAHeaderAlone) {
    RotationPolicy policy{.size_bytes = 1'000, .age_ms = 60'000};
    EXPECT_FALSE(rotation_due(policy, 999, true, 0, 59'999'999));
    EXPECT_TRUE(rotation_due(policy, 1'000, true, 0, 0));
    EXPECT_TRUE(rotation_due(policy, 1, true, 0, 60'000'000));
    EXPECT_FALSE(rotation_due(policy, 1'000, false, 0, 60'000'000));
    EXPECT_FALSE(rotation_due({}, 1U << 30U, true, 0, std::numeric_limits<std::int64_t>::max()));
}

TEST(Rotation, AClockThatWentBackMakesNoFileOld) {
    EXPECT_FALSE(rotation_due({.age_ms = 1}, 1, true, 60'000'000, 0));
}

TEST(Rotation, OldFilesHaveSixDigitsOrMoreAndOneNameEach) {
    EXPECT_EQ(old_name("pncp_log.txt", 7, false), "pncp_log.txt.000007");
    EXPECT_EQ(old_name("pncp_log.txt", 12'345'678, true), "pncp_log.txt.12345678.gz");
    for (const std::uint64_t number : {1ULL, 999'999ULL, 1'000'000ULL}) {
        for (const bool compressed : {false, true}) {
            const auto parsed = parse_old_name("x", old_name("x", number, compressed));
            ASSERT_TRUE(parsed);
            EXPECT_EQ(parsed->number, number);
            EXPECT_EQ(parsed->compressed, compressed);
        }
    }
    EXPECT_TRUE(parse_old_name("x", "x.000001.gz.part")->part);
    for (const char* other : {"x", "x.1", "x.1.gz", "x.0000001", "x.00000a", "x.-00001", "y.000001",
                              "x.000001.part", "x.000001.xz", "x.next", "x.damaged", "x.9999999999999999999"})
        EXPECT_FALSE(parse_old_name("x", other)) << other;
}

TEST(Rotation, AFolderWithNothingToDoIsLeftAlone) {
    const auto plan = plan_clean_up("x", 1, {{"x", 1}, {"x.000001.gz", 2}, {"x.1", 3}, {"x.damaged", 4}}, {});
    EXPECT_EQ(plan.remove, Names{});
    EXPECT_TRUE(plan.compress.empty());
    EXPECT_EQ(plan.next_number, 2U);
}

TEST(Rotation, WhatAKillLeftIsToldByNamesAndInodes) {
    // Between the link and the rename: the live file has two names.
    EXPECT_EQ(plan_clean_up("x", 1, {{"x", 1}, {"x.000001", 1}, {"x.next", 2}}, {}).remove,
              (Names{"x.000001", "x.next"}));
    EXPECT_EQ(plan_clean_up("x", 1, {{"x", 1}, {"x.000001", 1}}, {}).next_number, 1U);
    // While a compressed file was written, and after it got its name.
    const auto part = plan_clean_up("x", 1, {{"x", 1}, {"x.000001", 2}, {"x.000001.gz.part", 3}}, {});
    EXPECT_EQ(part.remove, Names{"x.000001.gz.part"});
    EXPECT_EQ(part.compress, std::vector<std::uint64_t>{1});
    const auto both =
        plan_clean_up("x", 1, {{"x", 1}, {"x.000001", 2}, {"x.000001.gz", 3}}, {.compress = false});
    EXPECT_EQ(both.remove, Names{});
    EXPECT_EQ(both.compress, std::vector<std::uint64_t>{1}) << "the plain file is the truth";
}

TEST(Rotation, RetentionEndsTheOldestAndCountsANumberOnce) {
    const std::vector<FolderEntry> folder = {{"x", 1},           {"x.000003", 4},    {"x.000002", 3},
                                             {"x.000002.gz", 5}, {"x.000001.gz", 2}, {"x.000010.gz", 6}};
    EXPECT_EQ(plan_clean_up("x", 1, folder, {.keep = 4}).remove, Names{});
    EXPECT_EQ(plan_clean_up("x", 1, folder, {.keep = 3}).remove, Names{"x.000001.gz"});
    const auto plan = plan_clean_up("x", 1, folder, {.keep = 1});
    EXPECT_EQ(plan.remove, (Names{"x.000001.gz", "x.000002", "x.000002.gz", "x.000003"}));
    EXPECT_EQ(plan.next_number, 11U) << "numbers only grow";
}

}  // namespace
}  // namespace pncp::log_writer
