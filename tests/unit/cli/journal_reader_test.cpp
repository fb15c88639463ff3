#include "cli/journal_reader.hpp"

#include <gtest/gtest.h>

#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

struct JournalReaderTest : ::testing::Test {
    FakeJournal journal;
    Conversation conversation;
    FakeJournalLink link{journal, conversation};
    JournalReader reader{link, 1'000};

    void fill(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            journal.add(EventClass::event, EventKind::device_event, i % 2 == 0 ? "pi-1" : "pi-10",
                        static_cast<std::int64_t>(i) * kSecond, DeviceEventBody{"n", ""});
    }
};

TEST_F(JournalReaderTest, PagesArePutTogetherInOrderAndOfThePrefixOnly) {
    fill(21);
    const auto events = std::get<0>(reader.read_all("event/pi-1/", 0));
    ASSERT_EQ(events.size(), 11U);
    EXPECT_EQ(events.front().seq, 1U);
    EXPECT_EQ(events.back().seq, 21U);
    EXPECT_GT(journal.fetches, 2U);
}

TEST_F(JournalReaderTest, ReadingEndsWhereItIsToldTo) {
    fill(21);
    EXPECT_EQ(std::get<0>(reader.read_all("", 3, 9)).size(), 6U);
    std::size_t taken = 0;
    const auto end = reader.read("", 0, [&](FeedEvent&&) { return ++taken < 5; });
    EXPECT_EQ(taken, 5U);
    EXPECT_EQ(std::get<0>(end), 5U);
}

TEST_F(JournalReaderTest, StartOfATimeIsTheEventBefore) {
    journal.oldest = 1'000;
    fill(5'000);
    EXPECT_EQ(std::get<0>(reader.start_of(0)), 999U);
    EXPECT_EQ(std::get<0>(reader.start_of(2'500 * kSecond)), 3'499U);
    EXPECT_EQ(std::get<0>(reader.start_of(2'500 * kSecond - 1)), 3'499U);
    EXPECT_EQ(std::get<0>(reader.start_of(4'999 * kSecond)), 5'998U);
    EXPECT_EQ(std::get<0>(reader.start_of(9'999 * kSecond)), 5'999U);
    journal.fetches = 0;
    static_cast<void>(reader.start_of(77 * kSecond));
    EXPECT_LT(journal.fetches, 30U);
}

TEST_F(JournalReaderTest, EventsThatWaitedOnADeviceDoNotMisleadTheSearch) {
    fill(1'000);
    // Every third event is an hour older than the time at which it came.
    for (std::size_t i = 0; i < journal.events.size(); i += 3)
        journal.events[i].event.time_ns -= 3'600 * kSecond;
    for (const std::int64_t second : {1, 250, 500, 997}) {
        const std::uint64_t start = std::get<0>(reader.start_of(second * kSecond));
        for (const FeedEvent& event : journal.events) {
            if (event.event.time_ns >= second * kSecond) {
                EXPECT_GT(event.seq, start) << second;
            }
        }
        EXPECT_GE(start + 80, static_cast<std::uint64_t>(second));
    }
}

TEST_F(JournalReaderTest, BurstOfADeviceThatWasAwayHidesNothingBeforeIt) {
    fill(5'000);
    // At second 3,000 a device delivers 600 rows of the hour before, in one go.
    for (std::size_t i = 3'000; i < 3'600; ++i) journal.events[i].event.time_ns = 1'000 * kSecond;
    for (const std::int64_t second : {500, 1'000, 2'000, 2'300, 3'700, 4'990}) {
        const std::uint64_t start = std::get<0>(reader.start_of(second * kSecond));
        EXPECT_LE(start, static_cast<std::uint64_t>(second)) << second;
        EXPECT_GE(start + 80, static_cast<std::uint64_t>(second));
    }
}

TEST_F(JournalReaderTest, EmptyJournalIsNoFailure) {
    EXPECT_EQ(std::get<0>(reader.start_of(5)), 0U);
    EXPECT_TRUE(std::get<0>(reader.read_all("", 0)).empty());
    EXPECT_EQ(std::get<0>(reader.range()).oldest_ns, 0);
}

TEST_F(JournalReaderTest, RefusalKeepsItsWordsAndExitCode) {
    FakeLink refusing(conversation);
    conversation.answers = {Reply(ErrorReply{ErrorCode::denied, "you may not", "ask", {}})};
    JournalReader denied(refusing, 1'000);
    const auto answer = denied.read_all("", 0);
    const auto* failure = std::get_if<Failure>(&answer);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->code, ExitCode::denied);
    EXPECT_EQ(failure->error.message, "you may not");
}

TEST_F(JournalReaderTest, PageThatLeadsNowhereEndsTheReading) {
    FakeLink stuck(conversation);
    FetchReply page;
    page.oldest = 1;
    page.head = 100;
    page.next = 0;
    conversation.answers = {Reply(page), Reply(page)};
    JournalReader looping(stuck, 1'000);
    EXPECT_TRUE(std::get<0>(looping.read_all("", 0)).empty());
}

}  // namespace
}  // namespace pncp::cli
