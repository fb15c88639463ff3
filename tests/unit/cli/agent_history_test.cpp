#include "cli/agent_history.hpp"

#include <gtest/gtest.h>

#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

constexpr std::int64_t kLastNs = 1'000'000 * kSecond;
constexpr std::int64_t kNowUs = kLastNs / 1000 + 180'000'000;

struct AgentHistoryTest : ::testing::Test {
    FakeJournal journal;
    AgentHistory history{5};
    AgentRow row;

    void SetUp() override {
        row.id = "pi-1";
        row.state = "offline";
        row.reason = "nothing heard for 90 s";
        row.last_seen_us = kLastNs / 1000;
    }
    void device_event(const std::string& name, std::int64_t before_s, const std::string& detail = "began") {
        journal.add(EventClass::event, EventKind::device_event, "pi-1", kLastNs - before_s * kSecond,
                    DeviceEventBody{name, detail});
    }
    void take() {
        for (const FeedEvent& event : journal.events) history.take(event);
    }
    [[nodiscard]] std::string why() const {
        std::string all;
        for (const std::string& sentence : history.why(row, kNowUs)) all += sentence + "\n";
        return all;
    }
};

TEST_F(AgentHistoryTest, OnlineAgentNeedsNoReason) {
    row.state = "online";
    EXPECT_EQ(why(), "");
}

TEST_F(AgentHistoryTest, AgentThatNeverCameIsToldHow) {
    row.state = "never";
    EXPECT_NE(why().find("start pncp-agent with that key"), std::string::npos);
}

TEST_F(AgentHistoryTest, UnderVoltageShortlyBeforeTheSilenceIsTheSuspect) {
    device_event("under_voltage", 40);
    take();
    EXPECT_NE(
        why().find("No goodbye: nothing heard for 90 s. Last signal 1970-01-12T13:46:40.000Z (3 min ago)."),
        std::string::npos)
        << why();
    EXPECT_NE(why().find("Under-voltage began 40 s before its last signal: suspect the power supply"),
              std::string::npos)
        << why();
    EXPECT_EQ(why().find("Nothing went wrong"), std::string::npos);
}

TEST_F(AgentHistoryTest, UnderVoltageOfYesterdayIsNot) {
    device_event("under_voltage", 86'400);
    take();
    EXPECT_EQ(why().find("Under-voltage"), std::string::npos);
    EXPECT_NE(why().find("Nothing went wrong on the device before"), std::string::npos);
}

TEST_F(AgentHistoryTest, HeatFullDiskAndThrottlingAreSaid) {
    MetricsBody hot = sample_of(99, 86.5);
    hot.points[4].fields = {{"used_percent", 99.5}};
    journal.add(EventClass::metrics, EventKind::metrics, "pi-1", kLastNs, hot);
    device_event("throttled", 5);
    take();
    EXPECT_NE(why().find("It was hot: 86.5 °C in its last sample"), std::string::npos) << why();
    EXPECT_NE(why().find("Its disk was full: 99.5 %"), std::string::npos);
    EXPECT_NE(why().find("throttled began 5 s before its last signal"), std::string::npos);
}

TEST_F(AgentHistoryTest, CleanGoodbyeIsNoTrouble) {
    row.reason = "it said goodbye: the system goes down";
    journal.add(EventClass::status, EventKind::bye, "pi-1", kLastNs, Bye{"the system goes down", false});
    take();
    EXPECT_NE(why().find("A clean end: it said goodbye: the system goes down."), std::string::npos);
    EXPECT_NE(why().find("It left with rows that were not delivered"), std::string::npos);
    EXPECT_EQ(why().find("Nothing went wrong"), std::string::npos);
}

TEST_F(AgentHistoryTest, NewestSampleCountsWhateverTheOrder) {
    journal.add(EventClass::metrics, EventKind::metrics, "pi-1", kLastNs, sample_of(12, 50));
    journal.add(EventClass::metrics, EventKind::metrics, "pi-1", kLastNs - kSecond, sample_of(99, 90));
    take();
    ASSERT_TRUE(history.sample());
    EXPECT_EQ(history.sample()->cpu_percent, 12);
    EXPECT_EQ(history.sample()->temperature, 50) << "of the hottest sensor";
    EXPECT_EQ(history.sample()->disk_percent, 20) << "of /, not of /boot";
    EXPECT_EQ(history.sample()->throttled, "");
}

TEST_F(AgentHistoryTest, CommandsThatHaveNotEndedAreRunning) {
    CommandBody first;
    first.command.fill(1);
    first.name = "lslogs";
    CommandBody second = first;
    second.command.fill(2);
    second.name = "uptime";
    ResultBody result;
    result.command.fill(1);
    journal.add(EventClass::command, EventKind::command, "pi-1", kSecond, first);
    journal.add(EventClass::command, EventKind::command, "pi-1", 2 * kSecond, second);
    journal.add(EventClass::command, EventKind::command_ack, "pi-1", 3 * kSecond,
                CommandAckBody{second.command, CommandState::queued, ""});
    journal.add(EventClass::result, EventKind::result, "pi-1", 4 * kSecond, result);
    take();
    ASSERT_EQ(history.running().size(), 1U);
    EXPECT_EQ(history.running()[0].command.name, "uptime");
    EXPECT_EQ(history.running()[0].state, "queued");
}

TEST_F(AgentHistoryTest, OnlyTheNewestEventsAreKept) {
    for (int i = 0; i < 9; ++i) device_event("under_voltage", 100 - i, std::to_string(i));
    take();
    EXPECT_EQ(history.recent().size(), 5U);
    EXPECT_EQ(history.recent().back().seq, 9U);
}

TEST(CliSample, ThrottlingIsShortInAColumn) {
    EXPECT_EQ(short_throttled("under_voltage+frequency_capped+new_word"), "UV+cap+new_word");
    EXPECT_EQ(short_throttled(""), "");
    EXPECT_EQ(main_numbers(sample_of(1, 2, true)).throttled, "under_voltage+frequency_capped");
}

}  // namespace
}  // namespace pncp::cli
