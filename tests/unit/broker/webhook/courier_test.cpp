#include "broker/webhook/courier.hpp"

#include <gtest/gtest.h>

namespace pncp::webhook {
namespace {

const AlertBody kHot{"hot", "pi-1", true, "temp > 80", "temp 83.1"};

TEST(Courier, AnAlertIsOneObjectWithASentence) {
    const std::string wanted =
        R"j({"text":"hot: pi-1: temp 83.1 (temp > 80)","rule":"hot","agent":"pi-1","active":true,)j"
        R"j("when":"temp > 80","value":"temp 83.1","time":"2023-11-14T22:13:20Z","sequence":7})j";
    EXPECT_EQ(alert_json(kHot, 7, 1'700'000'000'123'456'789), wanted);
    AlertBody over = kHot;
    over.active = false;
    over.value = "\n\"\xff";
    const std::string json = alert_json(over, 8, 0);
    EXPECT_NE(json.find("hot is over: pi-1"), std::string::npos);
    EXPECT_NE(json.find("\\n\\\"\\ufffd"), std::string::npos) << json;
}

TEST(Courier, OneAlertIsPostedAtATimeUntilItIsTaken) {
    Courier courier(1);
    EXPECT_TRUE(courier.idle());
    EXPECT_TRUE(courier.take(1, "a"));
    EXPECT_FALSE(courier.take(2, "b"));
    EXPECT_EQ(courier.next(0), "a");
    EXPECT_FALSE(courier.next(0)) << "once";
    courier.answered({204, "", 0}, 5);
    EXPECT_TRUE(courier.idle());
    EXPECT_EQ(courier.sent(), 1U);
}

TEST(Courier, AReceiverThatIsAwayIsAskedAgainAfterGrowingPauses) {
    Courier courier(1);
    (void)courier.take(1, "a");
    std::int64_t now = 0;
    std::int64_t pause = 0;
    for (const int status : {0, 500, 503, 429, 408}) {
        ASSERT_TRUE(courier.next(now));
        courier.answered({status, "no", 0}, now);
        EXPECT_FALSE(courier.next(now));
        const std::int64_t next = courier.wake_at_ms();
        EXPECT_GE(next - now, pause);
        pause = next - now;
        now = next;
    }
    EXPECT_EQ(courier.take_sayings().size(), 1U) << "said once";
    for (int i = 0; i < 10; ++i, now = courier.wake_at_ms()) {
        ASSERT_TRUE(courier.next(now));
        courier.answered({0, "no", 0}, now);
        EXPECT_LE(courier.wake_at_ms() - now, Courier::kLongestPauseMs * 5 / 4);
    }
    ASSERT_TRUE(courier.next(now));
    courier.answered({200, "", 0}, now);
    EXPECT_EQ(courier.take_sayings().size(), 1U) << "and when it is over";
}

TEST(Courier, ARetryAfterIsHeeded) {
    Courier courier(1);
    (void)courier.take(1, "a");
    (void)courier.next(0);
    courier.answered({429, "slow down", 90'000}, 0);
    EXPECT_GE(courier.wake_at_ms(), 90'000);
}

TEST(Courier, ARefusalLeavesTheAlertOutAndSaysWhich) {
    Courier courier(1);
    (void)courier.take(41, "a");
    (void)courier.next(0);
    courier.answered({404, "no such hook", 0}, 0);
    EXPECT_TRUE(courier.idle());
    EXPECT_EQ(courier.refused(), 1U);
    const auto sayings = courier.take_sayings();
    ASSERT_EQ(sayings.size(), 1U);
    EXPECT_NE(sayings[0].text.find("event 41"), std::string::npos);
}

}  // namespace
}  // namespace pncp::webhook
