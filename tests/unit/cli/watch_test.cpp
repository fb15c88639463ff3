// pncp-cli watch and alerts, with a journal and a feed that play a script.
#include "cli/watch.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

/// Gives one event a turn, and at the end a signal.
class FakeFeed final : public LiveLink {
  public:
    FakeFeed(std::vector<FeedEvent> events, int signal, Cursor& start)
        : events_(std::move(events)), signal_(signal), start_(start) {}
    void follow(const Cursor& start) override { start_ = start; }
    bool ask(const Request& /*request*/) override { return false; }
    std::optional<int> turn(std::int64_t /*timeout_ms*/, LiveHandler& handler,
                            std::span<const int> /*inputs*/) override {
        if (at_ == 0) handler.on_state("connected to the broker at ipc://x");
        if (at_ == 1) handler.on_gap({7, 8, "past its retention", {}});
        if (at_ == events_.size()) return signal_;
        EXPECT_TRUE(handler.on_event(events_[at_++]));
        return std::nullopt;
    }

  private:
    std::vector<FeedEvent> events_;
    int signal_;
    Cursor& start_;
    std::size_t at_ = 0;
};

struct WatchTest : ::testing::Test {
    FakeJournalWorld fake;
    FakeJournal later;
    Cursor start;
    int signal = SIGINT;

    void SetUp() override {
        for (int i = 0; i < 20; ++i)
            fake.journal.add(EventClass::status, EventKind::status, i % 2 == 0 ? "pi-1" : "pi-10",
                             kNowNs - (20 - i) * kSecond, StatusBody{true, "", "", "", 0, false});
        later.oldest = 21;
        later.add(EventClass::status, EventKind::status, "pi-1", kNowNs,
                  StatusBody{false, "gone", "", "", 0, false});
        later.add(EventClass::event, EventKind::device_event, "pi-1", kNowNs,
                  DeviceEventBody{"edge", "began"});
        later.add(EventClass::status, EventKind::status, "pi-10", kNowNs,
                  StatusBody{false, "ten", "", "", 0, false});
        fake.world.live = [this](const Settings&) -> std::variant<std::unique_ptr<LiveLink>, Failure> {
            return std::make_unique<FakeFeed>(later.events, signal, start);
        };
    }
};

TEST_F(WatchTest, WatchesTheNamedTopicFromNowOn) {
    EXPECT_EQ(fake.run({"watch", "status/pi-1"}), ExitCode::interrupted);
    EXPECT_EQ(start.sequence, 20U);
    EXPECT_EQ(fake.console.out_text,
              "2001-09-09T01:46:40.000Z  pi-1          STATUS        disconnected: gone\n");
    EXPECT_NE(fake.console.err_text.find("events 7 to 8 are missing"), std::string::npos);
    EXPECT_EQ(fake.console.err_text.find("connected"), std::string::npos) << "which is no news";
}

TEST_F(WatchTest, SinceShowsThePastFirstAndOnce) {
    signal = SIGTERM;
    EXPECT_EQ(fake.run({"watch", "status/pi-1*", "--since", "5s", "-o", "jsonl"}), ExitCode::ok);
    std::size_t lines = 0;
    std::uint64_t last = 0;
    std::size_t at = 0;
    for (std::size_t end = 0; (end = fake.console.out_text.find('\n', at)) != std::string::npos;
         at = end + 1) {
        const Json line = Json::parse(fake.console.out_text.substr(at, end - at));
        if (line["type"] == "FEED_GAP") continue;
        EXPECT_GT(line["seq"], last);
        last = line["seq"];
        ++lines;
    }
    EXPECT_EQ(lines, 7U) << fake.console.out_text;
    EXPECT_EQ(last, 23U);
}

TEST_F(WatchTest, CountEndsIt) {
    EXPECT_EQ(fake.run({"watch", "--count", "2"}), ExitCode::ok);
    EXPECT_EQ(std::count(fake.console.out_text.begin(), fake.console.out_text.end(), '\n'), 2);
}

TEST_F(WatchTest, WrongTopicIsSaidBeforeAnythingIsAsked) {
    EXPECT_EQ(fake.run({"watch", "statsu/pi-1"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("did you mean status"), std::string::npos);
    EXPECT_EQ(fake.run({"watch", "--since", "later"}), ExitCode::usage);
    EXPECT_EQ(fake.journal.fetches, 0U);
}

TEST(CliWatch, TopicsMeanWholeNames) {
    EXPECT_EQ(topic_prefix("status"), "status/");
    EXPECT_EQ(topic_prefix("metrics/pi-1"), "metrics/pi-1/");
    EXPECT_EQ(topic_prefix("metrics/pi-*"), "metrics/pi-");
    EXPECT_EQ(topic_prefix("*"), "");
    EXPECT_FALSE(topic_prefix("heartbeat"));
    EXPECT_EQ(common_prefix({"metrics/pi-1/", "metrics/pi-2/"}), "metrics/pi-");
    EXPECT_EQ(common_prefix({"metrics/pi-1/", "status/"}), "");
    EXPECT_EQ(common_prefix({"status/", "status/pi-1/"}), "status/");
}

struct AlertsTest : ::testing::Test {
    FakeJournalWorld fake;
    void alert(const std::string& agent, bool active, std::int64_t ago_s) {
        fake.journal.add(EventClass::alert, EventKind::alert, "hot", kNowNs - ago_s * kSecond,
                         AlertBody{"hot", agent, active, "temp > 80", active ? "temp 83.1" : "temp 70"});
    }
};

TEST_F(AlertsTest, ThoseThatHoldComeFirstAndOldEndsAreLeftOut) {
    alert("pi-1", true, 90'000);
    alert("pi-1", false, 88'000);
    alert("pi-2", true, 500);
    alert("pi-2", false, 400);
    alert("pi-3", true, 300'000);
    alert("pi-3", true, 100);
    alert("pi-4", false, 50);
    EXPECT_EQ(fake.run({"alerts", "-o", "json"}), ExitCode::ok);
    const Json alerts = Json::parse(fake.console.out_text)["alerts"];
    ASSERT_EQ(alerts.size(), 3U) << alerts;
    EXPECT_EQ(alerts[0]["agent"], "pi-3");
    EXPECT_EQ(alerts[0]["active"], true);
    EXPECT_EQ(alerts[0]["began"], "2001-09-05T14:26:40.000Z");
    EXPECT_EQ(alerts[1]["agent"], "pi-2");
    EXPECT_EQ(alerts[2]["began"], nullptr) << "it began before what the journal has";
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"alerts", "--active"}), ExitCode::ok);
    EXPECT_EQ(std::count(fake.console.out_text.begin(), fake.console.out_text.end(), '\n'), 2);
    EXPECT_NE(fake.console.out_text.find("active  hot   pi-3"), std::string::npos) << fake.console.out_text;
}

TEST_F(AlertsTest, NoAlertIsSaid) {
    EXPECT_EQ(fake.run({"alerts"}), ExitCode::ok);
    EXPECT_NE(fake.console.err_text.find("no alert holds"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
