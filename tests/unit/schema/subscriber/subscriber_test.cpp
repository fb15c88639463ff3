#include "schema/subscriber/subscriber.hpp"

#include <gtest/gtest.h>

#include "schema/program/clock.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp {
namespace {

using testing::FakeBroker;
using testing::TempFolder;
using testing::test_event;

struct Recorder : FeedHandler {
    std::vector<std::uint64_t> seen;
    std::vector<FeedGap> gaps;
    std::vector<std::string> states;
    std::vector<Id16> journals;
    bool on_event(const FeedEvent& event) override {
        seen.push_back(event.seq);
        return true;
    }
    void on_gap(const FeedGap& gap) override { gaps.push_back(gap); }
    void on_journal(const Id16& journal) override { journals.push_back(journal); }
    void on_state(const std::string& text) override { states.push_back(text); }
};

/// A broker and a subscriber in one thread, turn by turn, until a condition holds.
class SubscriberTest : public ::testing::TestWithParam<const char*> {
  protected:
    void follow(SubscriberOptions options = {}, const std::string& id = "log-writer") {
        options.key = broker.key(id);
        options.control = broker.control();
        options.feed = broker.feed();
        subscriber.emplace(context, poller, options);
    }
    template <typename Condition>
    ::testing::AssertionResult until(Condition&& holds) {
        const std::int64_t deadline = boottime_ms() + 15'000;
        while (boottime_ms() < deadline) {
            broker.pump();
            subscriber->step(boottime_ms(), recorder);
            if (holds()) return ::testing::AssertionSuccess();
            (void)poller.wait(5);
        }
        return ::testing::AssertionFailure() << recorder.seen.size() << " events, last state "
                                             << (recorder.states.empty() ? "none" : recorder.states.back());
    }
    void expect_all_in_order() {
        ASSERT_EQ(recorder.seen.size(), broker.head());
        for (std::size_t i = 0; i < recorder.seen.size(); ++i) ASSERT_EQ(recorder.seen[i], i + 1);
    }
    TempFolder folder;
    transport::Context context;
    FakeBroker broker{context, folder, GetParam()};
    transport::Poller poller;
    Recorder recorder;
    std::optional<Subscriber> subscriber;
};

TEST_P(SubscriberTest, OldEventsAreFetchedNewOnesComeLive) {
    for (int i = 0; i < 600; ++i) broker.append(test_event());
    follow();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 600; }));
    // The feed's connection is there once a live event comes through.
    ASSERT_TRUE(until([&] {
        broker.append(test_event());
        return subscriber->counters().live > 10;
    }));
    broker.heartbeat();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == broker.head(); }));
    expect_all_in_order();
    EXPECT_TRUE(recorder.gaps.empty());
    EXPECT_EQ(recorder.journals.size(), 1U);
}

TEST_P(SubscriberTest, WhatPubLosesIsFetched) {
    follow();
    ASSERT_TRUE(until([&] {
        broker.append(test_event());
        return subscriber->counters().live > 0;
    }));
    for (int i = 0; i < 2'000; ++i) broker.append(test_event(), i % 3 != 0);
    broker.heartbeat();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == broker.head(); }));
    expect_all_in_order();
}

TEST_P(SubscriberTest, ABrokerKilledAndStartedAgainIsFollowedOn) {
    SubscriberOptions options;
    options.durable = true;
    follow(options);
    for (int i = 0; i < 50; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 50; }));
    broker.stop();
    ASSERT_TRUE(until([&] { return !subscriber->connected(); }));
    for (int i = 0; i < 50; ++i) broker.append(test_event(), false);
    broker.start();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 100; }));
    expect_all_in_order();
    EXPECT_TRUE(recorder.gaps.empty());
    subscriber->advance(100, true);
    ASSERT_TRUE(until([&] { return subscriber->cursor_sent(); }));
    EXPECT_EQ(broker.cursors_.at("log-writer"), 100U);
}

TEST_P(SubscriberTest, ANewFeedEpochIsLearntByANewHandshake) {
    follow();
    ASSERT_TRUE(until([&] {
        broker.append(test_event());
        return subscriber->counters().live > 0;
    }));
    const auto before = broker.handshakes;
    broker.epoch = 2;
    broker.append(test_event());
    ASSERT_TRUE(until([&] { return broker.handshakes > before && subscriber->connected(); }));
    const auto live = subscriber->counters().live;
    ASSERT_TRUE(until([&] {
        broker.append(test_event());
        return subscriber->counters().live > live;
    }));
    broker.heartbeat();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == broker.head(); }));
    expect_all_in_order();
}

TEST_P(SubscriberTest, AReplacedJournalIsSaidAndFollowedFromItsBeginning) {
    follow();
    for (int i = 0; i < 5; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 5; }));
    broker.stop();
    broker.replace_journal();
    for (int i = 0; i < 3; ++i) broker.append(test_event(), false);
    broker.start();
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 8; }));
    ASSERT_EQ(recorder.gaps.size(), 1U);
    EXPECT_EQ(recorder.gaps[0].first, 6U);
    EXPECT_EQ(recorder.journals.back(), broker.journal());
}

TEST_P(SubscriberTest, AnUnknownSubscriberIsToldSo) {
    follow({}, "stranger");
    ASSERT_TRUE(until([&] { return !recorder.states.empty(); }));
    EXPECT_NE(recorder.states[0].find("does not accept the key"), std::string::npos) << recorder.states[0];
    EXPECT_FALSE(subscriber->connected());
}

TEST_P(SubscriberTest, FramesOfAForgerAreNotHandedOver) {
    follow();
    for (int i = 0; i < 5; ++i) broker.append(test_event());
    ASSERT_TRUE(until([&] { return recorder.seen.size() == 5; }));
    ASSERT_TRUE(until([&] {
        broker.heartbeat();
        broker.epoch = broker.epoch == 1 ? 99 : 1;  // every other frame under a key that READY never gave
        return subscriber->counters().refused > 3;
    }));
    EXPECT_EQ(recorder.seen.size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(Transports, SubscriberTest, ::testing::Values("ipc", "tcp"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace pncp
