// pncp-cli agent ID, whole: requests in, report out.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_journal.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

struct AgentVerbTest : ::testing::Test {
    FakeJournalWorld fake;
    AgentRow row;

    void SetUp() override {
        row.id = "pi-1";
        row.state = "offline";
        row.reason = "the connection was lost";
        row.last_seen_us = kNowNs / 1000 - 60'000'000;
        row.model = "Raspberry Pi 5";
        row.catalogue = "a1b2c3d4";
        const std::int64_t last = row.last_seen_us * 1000;
        fake.journal.add(EventClass::metrics, EventKind::metrics, "pi-1", last - 10 * kSecond,
                         sample_of(12, 81));
        fake.journal.add(EventClass::metrics, EventKind::metrics, "pi-10", last - 9 * kSecond,
                         sample_of(1, 1));
        fake.journal.add(EventClass::event, EventKind::device_event, "pi-1", last - 5 * kSecond,
                         DeviceEventBody{"under_voltage", "began"});
        fake.journal.add(EventClass::event, EventKind::device_event, "pi-10", last - 5 * kSecond,
                         DeviceEventBody{"of_another", "began"});
        fake.journal.add(EventClass::status, EventKind::status, "pi-1", last,
                         StatusBody{false, row.reason, "", "", 0, false});
        fake.journal.add(EventClass::alert, EventKind::alert, "hot", last,
                         AlertBody{"hot", "pi-1", true, "temp > 80", "temp 81"});
        fake.journal.add(EventClass::alert, EventKind::alert, "hot", last,
                         AlertBody{"hot", "pi-10", true, "temp > 80", "temp 99"});
        fake.conversation.answers = {Reply(AgentsReply{{row}, ""}),
                                     Reply(CommandsReply{{{"disk", "Disk use.", {}, 1}}, ""})};
    }
};

TEST_F(AgentVerbTest, TextSaysWhyItIsOfflineAndWhatIsKnown) {
    EXPECT_EQ(fake.run({"agent", "pi-1"}), ExitCode::ok) << fake.console.err_text;
    const std::string& out = fake.console.out_text;
    for (const char* expected :
         {"pi-1: offline\n", "No goodbye: the connection was lost.", "Under-voltage began 5 s before",
          "It was hot: 81.0 °C", "Model         Raspberry Pi 5", "Commands      disk (catalogue a1b2c3d4)",
          "CPU           12.0 %", "Load          0.3", "Uptime        1 h", "Throttled     no",
          "disconnected: the connection was lost", "hot: temp > 80: temp 81"})
        EXPECT_NE(out.find(expected), std::string::npos) << expected << " in\n" << out;
    EXPECT_EQ(out.find("of_another"), std::string::npos);
    EXPECT_EQ(out.find("temp 99"), std::string::npos);
    EXPECT_EQ(std::get<AgentsRequest>(fake.conversation.asked.at(0)).target, "pi-1");
}

TEST_F(AgentVerbTest, JsonIsOneDocument) {
    EXPECT_EQ(fake.run({"agent", "pi-1", "-o", "json"}), ExitCode::ok);
    const Json answer = Json::parse(fake.console.out_text);
    EXPECT_EQ(answer["state"], "offline");
    EXPECT_EQ(answer["sample"]["cpu_percent"], 12);
    EXPECT_EQ(answer["commands"], Json::array({"disk"}));
    EXPECT_EQ(answer["events"].size(), 3U);
    EXPECT_EQ(answer["events"][0]["type"], "DEVICE_EVENT");
    EXPECT_FALSE(answer["why"].empty());
}

TEST_F(AgentVerbTest, JsonLinesIsTheSameInOneLine) {
    EXPECT_EQ(fake.run({"agent", "pi-1", "-o", "jsonl"}), ExitCode::ok);
    const std::string& text = fake.console.out_text;
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_EQ(Json::parse(text)["state"], "offline");
}

TEST_F(AgentVerbTest, UnknownNameIsTheBrokersToSay) {
    fake.conversation.answers = {
        Reply(ErrorReply{ErrorCode::unknown_agent, "nobody is called pi-7", "", {"pi-1"}})};
    EXPECT_EQ(fake.run({"agent", "pi-7"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("pi-1"), std::string::npos);
    EXPECT_EQ(fake.run({"agent"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"agent", "role=camera"}), ExitCode::usage);
}

TEST_F(AgentVerbTest, AgentThatWasNeverHereNeedsNoJournal) {
    row.state = "never";
    row.last_seen_us = 0;
    fake.conversation.answers = {Reply(AgentsReply{{row}, ""})};
    EXPECT_EQ(fake.run({"agent", "pi-1"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("Last seen     never"), std::string::npos) << fake.console.out_text;
    EXPECT_EQ(fake.journal.fetches, 0U);
}

}  // namespace
}  // namespace pncp::cli
