#include "schema/program/suggest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pncp {
namespace {

const std::vector<std::string> kWords{"influx.url", "influx.user", "interval", "send"};

TEST(Suggest, CountsInsertionsDeletionsReplacementsAndSwaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("send", "send"), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("sned", "send"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, FindsTheNearestMisspelling) {
    EXPECT_EQ(suggest("influx.urll", kWords), "influx.url");
    EXPECT_EQ(suggest("intervall", kWords), "interval");
    EXPECT_EQ(suggest("snd", kWords), "send");
}

TEST(Suggest, StaysSilentWhenNothingIsNear) {
    EXPECT_EQ(suggest("banana", kWords), std::nullopt);
    EXPECT_EQ(suggest("", kWords), std::nullopt);
    EXPECT_EQ(suggest(std::string(100'000, 'a'), kWords), std::nullopt);
    EXPECT_EQ(did_you_mean("banana", kWords), "");
}

TEST(Suggest, SortsByNearnessAndKeepsTheFirst) {
    std::vector<std::string> words{"disk", "lslogs", "metrics", "uptime"};
    nearest_first(words, "uptme", 2);
    EXPECT_EQ(words, (std::vector<std::string>{"uptime", "disk"}));
    nearest_first(words, std::string(100'000, 'a'), 9);
    EXPECT_EQ(words.size(), 2U);
}

}  // namespace
}  // namespace pncp
