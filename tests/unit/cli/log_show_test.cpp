#include <gtest/gtest.h>

#include <fstream>

#include "cli/log_line_text.hpp"
#include "cli/log_verb.hpp"
#include "schema/codec.hpp"
#include "tests/unit/broker/log_writer/log_lines.hpp"
#include "tests/unit/cli/fake_world.hpp"

namespace pncp::cli {
namespace {

using log_writer::LineMaker;

/// The clock of FakeWorld, 2001-09-09T01:46:40Z.
constexpr std::int64_t kNowNs = 1'000'000'000'000'000'000;
constexpr std::int64_t kMinuteNs = 60'000'000'000;

class LogShowTest : public ::testing::Test {
  protected:
    LogShowTest() {
        log.header();
        add("pi-1", kNowNs - 30 * kMinuteNs, EventKind::device_event,
            encode(DeviceEventBody{"throttled", "now"}));
        add("pi-10", kNowNs - 20 * kMinuteNs, EventKind::bye, encode(Bye{"stop", true}));
        ResultBody result = result_body(Outcome::finished);
        add("pi-1", kNowNs - kMinuteNs, EventKind::result, encode(result));
        std::ofstream file(folder / "pncp_log.txt");
        for (const std::string& line : log.lines) file << line << '\n';
    }
    void add(const std::string& agent, std::int64_t time_ns, EventKind kind, Bytes body) {
        Event event;
        event.topic = "result/" + agent + "/";
        event.agent = agent;
        event.time_ns = time_ns;
        event.kind = kind;
        event.body = std::move(body);
        log.event(std::move(event));
    }
    /// The lines shown.
    std::size_t shown(std::vector<const char*> more = {}) {
        fake.console.out_text.clear();
        more.insert(more.begin(), {"--state-dir", state.c_str(), "log", "show"});
        EXPECT_EQ(fake.run(more), ExitCode::ok) << fake.console.err_text;
        return static_cast<std::size_t>(
            std::count(fake.console.out_text.begin(), fake.console.out_text.end(), '\n'));
    }
    pncp::testing::TempFolder folder;
    std::string state = folder / ".";
    LineMaker log;
    FakeWorld fake;
    const std::string& out = fake.console.out_text;
};

TEST_F(LogShowTest, EveryMessageIsALineAndHeadersAreNone) {
    EXPECT_EQ(shown(), 3U);
    EXPECT_NE(out.find("2001-09-09T01:16:40.000Z  pi-1          DEVICE_EVENT  throttled: now\n"),
              std::string::npos)
        << out;
    EXPECT_NE(out.find("lslogs finished, exit code 0 (12 ms)"), std::string::npos) << out;
}

TEST_F(LogShowTest, AgentsTypesAndTimesChoose) {
    EXPECT_EQ(shown({"--agent", "pi-1"}), 2U);
    EXPECT_EQ(shown({"--agent", "pi-1,pi-10"}), 3U);
    EXPECT_EQ(shown({"--agent", "pi-"}), 0U);
    EXPECT_EQ(shown({"--type", "result"}), 1U);
    EXPECT_EQ(shown({"--type", "RESULT,BYE"}), 2U);
    EXPECT_EQ(shown({"--since", "25m"}), 2U);
    EXPECT_EQ(shown({"--since", "2001-09-09"}), 3U);
    EXPECT_EQ(shown({"--since", "2001-09-09T01:20"}), 2U);
    EXPECT_EQ(shown({"--since", "2001-09-09 01:20:00Z"}), 2U);
    EXPECT_EQ(shown({"--since", "2001-09-09T01:45:40.5Z"}), 0U);
    EXPECT_EQ(fake.run({"log", "show", "--since", "yesterday"}), ExitCode::usage);
}

TEST_F(LogShowTest, JsonPassesLinesThroughByteByByte) {
    EXPECT_EQ(shown({"-o", "json"}), 3U);
    EXPECT_EQ(out, log.lines[1] + "\n" + log.lines[2] + "\n" + log.lines[3] + "\n");
}

TEST_F(LogShowTest, DamagedLinesAreSaid) {
    std::ofstream(folder / "pncp_log.txt", std::ios::app) << "{\"seq\":1}\n";
    EXPECT_EQ(shown(), 3U);
    EXPECT_NE(fake.console.err_text.find("1 lines are damaged"), std::string::npos);
}

TEST_F(LogShowTest, MistakesInTheCommandLineAreUsage) {
    EXPECT_EQ(fake.run({"log"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "shwo"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "replay", "x"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "replay", "x", "--to", "http://x/y", "--feed", "/tmp/x"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "replay", "--to", "http://x/y"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "replay", "x", "--feed", "tcp://127.0.0.1:1"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"log", "show", "--follow", "x.000001.gz"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"--state-dir", "/nonexistent", "log", "show"}), ExitCode::unavailable);
}

TEST(LogLineText, NoTextOfALogSteersATerminalOrMakesTwoLines) {
    LineMaker log;
    Event event = pncp::testing::test_event();
    event.body = encode(DeviceEventBody{"a\n\x1b[2J\xC2\x9B", std::string(5'000, 'x')});
    log.event(event);
    const std::string text = log_line_text(log.lines[0], {});
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_LT(text.size(), 300U);
}

TEST(LogLineText, EveryKindHasWordsAndNonsenseHasNone) {
    for (int kind = 1; kind <= static_cast<int>(kLastEventKind); ++kind) {
        LineMaker log;
        Event event = pncp::testing::test_event();
        event.kind = static_cast<EventKind>(kind);
        log.event(event);  // the body is of another kind, mostly: {"undecodable": …}
        EXPECT_NE(log_line_text(log.lines[0], {}), "") << kind;
    }
    for (const char* line :
         {"", "{}", "[1]", "{\"type\":3}x", "{\"type\":\"RESULT\",\"content\":{\"duration_ms\":\"x\"}}"})
        EXPECT_EQ(log_line_text(line, {}), "") << line;
}

}  // namespace
}  // namespace pncp::cli
