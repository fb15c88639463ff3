#include "broker/core/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pncp::broker {
namespace {

std::vector<Candidate> fleet(int count) {
    std::vector<Candidate> all;
    for (int i = 0; i < count; ++i) all.push_back({"pi-" + std::to_string(1'000 + i), i % 2 == 0});
    return all;
}
std::vector<std::string> names(std::vector<Candidate> meant, const Narrowing& wish) {
    auto narrowed = narrow(std::move(meant), wish);
    return std::holds_alternative<ErrorReply>(narrowed) ? std::vector<std::string>{} : std::get<0>(narrowed);
}

TEST(Selection, WithoutAWishEveryTargetStaysInItsOrder) {
    const auto all = names(fleet(5), {});
    EXPECT_EQ(all, (std::vector<std::string>{"pi-1000", "pi-1001", "pi-1002", "pi-1003", "pi-1004"}));
}

TEST(Selection, OfflineTargetsAreSkippedOrAnErrorThatNamesThem) {
    EXPECT_EQ(names(fleet(4), {.offline = OfflineTargets::skip}),
              (std::vector<std::string>{"pi-1000", "pi-1002"}));
    const auto failed = narrow(fleet(40), {.offline = OfflineTargets::fail});
    const auto& error = std::get<ErrorReply>(failed);
    EXPECT_EQ(error.code, ErrorCode::no_target);
    EXPECT_NE(error.message.find("20 of the 40 targets are offline: pi-1001, pi-1003"), std::string::npos);
    EXPECT_EQ(names({{"pi-1", true}}, {.offline = OfflineTargets::fail}).size(), 1U);
}

TEST(Selection, TheSameSeedDrawsTheSameAndALargerLimitAddsToThem) {
    const auto ten = names(fleet(1'000), {.limit = 10, .seed = 7});
    EXPECT_EQ(ten.size(), 10U);
    EXPECT_EQ(ten, names(fleet(1'000), {.limit = 10, .seed = 7}));
    EXPECT_NE(ten, names(fleet(1'000), {.limit = 10, .seed = 8}));
    const auto fifty = names(fleet(1'000), {.limit = 5, .limit_percent = true, .seed = 7});
    EXPECT_EQ(fifty.size(), 50U);
    EXPECT_TRUE(std::includes(fifty.begin(), fifty.end(), ten.begin(), ten.end()));
    EXPECT_EQ(names(fleet(3), {.limit = 10}).size(), 3U);
}

TEST(Selection, EveryTargetIsDrawnAboutAsOften) {
    std::vector<int> drawn(20);
    for (std::uint64_t seed = 0; seed < 2'000; ++seed)
        for (const std::string& name : names(fleet(20), {.limit = 5, .seed = seed}))
            ++drawn[static_cast<std::size_t>(std::stoi(name.substr(3)) - 1'000)];
    // 500 expected, standard deviation 19.
    for (const int count : drawn) EXPECT_NEAR(count, 500, 100);
}

TEST(Selection, AShareInPercentIsNeverEmpty) {
    EXPECT_EQ(share_of(5, true, 10), 1U);
    EXPECT_EQ(share_of(10, true, 41), 5U);
    EXPECT_EQ(share_of(200, true, 41), 41U);
    EXPECT_EQ(share_of(7, false, 3), 7U);
    EXPECT_EQ(share_of(0, true, 10), 0U);
}

}  // namespace
}  // namespace pncp::broker
