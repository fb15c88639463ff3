#include "broker/influx_bridge/event_lines.hpp"

#include <gtest/gtest.h>

#include "schema/codec.hpp"

namespace pncp::influx {
namespace {

template <typename Body>
Event event(EventKind kind, const Body& body, std::int64_t time_ns = 1'000) {
    Event made;
    made.topic = "metrics/pi-1/";
    made.time_ns = time_ns;
    made.agent = "pi-1";
    made.kind = kind;
    made.body = encode(body);
    return made;
}

ResultBody result(std::string name, Outcome outcome, std::string_view out, std::string_view err = "") {
    ResultBody body;
    body.name = std::move(name);
    body.outcome = outcome;
    body.out = to_bytes(view(out));
    body.err = to_bytes(view(err));
    body.out_bytes = out.size();
    body.err_bytes = err.size();
    return body;
}

struct EventLinesTest : testing::Test {
    EventLines maker{true};
    Lines lines;
    std::uint64_t seq = 0;

    std::string text(const Event& made) {
        lines.clear();
        maker.handle(++seq, made, 0, lines);
        return lines.text;
    }
};

TEST_F(EventLinesTest, TypedPointsCarryAgentAndHost) {
    MetricsBody body;
    body.points.push_back({"cpu", {{"cpu", "cpu-total"}}, {{"usage_idle", 12.5}, {"n", std::int64_t{4}}}});
    body.points.push_back({"mem", {{"host", "kitchen"}}, {{"used", std::int64_t{7}}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)),
              "cpu,agent=pi-1,host=pi-1,cpu=cpu-total usage_idle=12.5,n=4i 1000\n"
              "mem,agent=pi-1,host=kitchen used=7i 1000\n");
    EXPECT_EQ(lines.count(), 2U);
}

TEST_F(EventLinesTest, ADoubleThatIsWholeStaysADouble) {
    MetricsBody body;
    body.points.push_back({"swap", {}, {{"used_percent", 0.0}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)), "swap,agent=pi-1,host=pi-1 used_percent=0 1000\n");
}

TEST_F(EventLinesTest, MetricsJsonIsOutputWithTagAgentOnly) {
    MetricsBody body;
    body.points.push_back({"metrics", {{"x", "y"}}, {{"other", 1.0}, {"output", std::string(R"({"a":1})")}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)), "metrics,agent=pi-1 output=\"{\\\"a\\\":1}\" 1000\n");
}

struct TaggedEventLines : EventLinesTest {
    void hello(std::vector<std::string> tags) {
        Hello body;
        body.tags = std::move(tags);
        EXPECT_EQ(text(event(EventKind::hello, body)), "");
    }
};

TEST_F(TaggedEventLines, EveryPointOfAnAgentBearsTheTagsOfItsConfiguration) {
    hello({"site=lab 1", "room=a"});
    MetricsBody body;
    body.points.push_back({"mem", {}, {{"used", std::int64_t{7}}}});
    body.points.push_back({"metrics", {}, {{"output", std::string("{}")}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)),
              "mem,agent=pi-1,site=lab\\ 1,room=a,host=pi-1 used=7i 1000\n"
              "metrics,agent=pi-1,site=lab\\ 1,room=a output=\"{}\" 1000\n");
    EXPECT_EQ(text(event(EventKind::status, StatusBody{})),
              "agent_status,agent=pi-1,site=lab\\ 1,room=a status=\"disconnected\" 1000\n");
    EXPECT_EQ(text(event(EventKind::result, result("who", Outcome::finished, "x"))),
              "who,agent=pi-1,site=lab\\ 1,room=a output=\"x\" 1000\n");
}

TEST_F(TaggedEventLines, TheConfigurationsTagsNeverOverrideThePoints) {
    hello({"cpu=mine", "used=mine", "host=kitchen", "agent=other", "status=s", "output=o"});
    MetricsBody body;
    body.points.push_back({"cpu", {{"cpu", "cpu0"}}, {{"used", 1.0}}});
    body.points.push_back({"mem", {{"host", "own"}}, {{"n", 1.0}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)),
              "cpu,agent=pi-1,host=kitchen,status=s,output=o,cpu=cpu0 used=1 1000\n"
              "mem,agent=pi-1,cpu=mine,used=mine,status=s,output=o,host=own n=1 1000\n");
    EXPECT_EQ(
        text(event(EventKind::status, StatusBody{})),
        "agent_status,agent=pi-1,cpu=mine,used=mine,host=kitchen,output=o status=\"disconnected\" 1000\n");
}

TEST_F(TaggedEventLines, TheyCanBeLeftOut) {
    maker = EventLines(true, {}, false);
    hello({"site=lab"});
    EXPECT_EQ(text(event(EventKind::status, StatusBody{})),
              "agent_status,agent=pi-1 status=\"disconnected\" 1000\n");
}

TEST_F(EventLinesTest, StatusIsConnectedOrDisconnected) {
    StatusBody body;
    body.connected = true;
    EXPECT_EQ(text(event(EventKind::status, body)), "agent_status,agent=pi-1 status=\"connected\" 1000\n");
    body.connected = false;
    EXPECT_EQ(text(event(EventKind::status, body)), "agent_status,agent=pi-1 status=\"disconnected\" 1000\n");
}

TEST_F(EventLinesTest, ResultIsTheCommandsMeasurementWithTheWholeOutput) {
    OutputBody row;
    row.bytes = to_bytes(view("line 1\n"));
    EXPECT_EQ(text(event(EventKind::output, row)), "");
    ResultBody body = result("lslogs", Outcome::finished, "line 2\n", "oops");
    body.out_bytes = 14;
    EXPECT_EQ(text(event(EventKind::result, body)),
              "lslogs,agent=pi-1 output=\"line 1\nline 2\noops\" 1000\n");
}

TEST_F(EventLinesTest, OutcomesWithoutOutputWriteNoPoint) {
    for (const Outcome outcome : {Outcome::timeout, Outcome::refused, Outcome::offline, Outcome::denied,
                                  Outcome::interrupted, Outcome::cancelled, Outcome::unknown})
        EXPECT_EQ(text(event(EventKind::result, result("lslogs", outcome, ""))), "");
    EXPECT_EQ(text(event(EventKind::result, result("true", Outcome::finished, ""))),
              "true,agent=pi-1 output=\"\" 1000\n");
}

TEST_F(EventLinesTest, PartialOutputOfACommandThatTimedOutIsKept) {
    EXPECT_EQ(text(event(EventKind::result, result("uptime", Outcome::timeout, "half"))),
              "uptime,agent=pi-1 output=\"half\" 1000\n");
}

TEST_F(EventLinesTest, ResultOfAnInvalidCommandNameIsDeadLettered) {
    EXPECT_EQ(text(event(EventKind::result, result("ls,agent=pi-2 output=1\nx", Outcome::finished, "text"))),
              "");
    const auto dead = maker.take_dead();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].line, "ls\\,agent=pi-2\\ output=1\\nx,agent=pi-1 output=\"text\" 1000\n");
}

TEST_F(EventLinesTest, GapIsAPointOfPncp) {
    GapBody body;
    body.first = 5;
    body.last = 9;
    body.reason = "spool \"full\"";
    EXPECT_EQ(text(event(EventKind::gap, body)),
              "pncp,agent=pi-1,kind=gap first=5i,last=9i,count=5i,reason=\"spool \\\"full\\\"\" 1000\n");
    lines.clear();
    maker.handle_gap(3, 0, "journal replaced", 77, lines);
    EXPECT_EQ(
        lines.text,
        "pncp,consumer=influx-bridge,kind=gap first=3i,last=0i,count=0i,reason=\"journal replaced\" 77\n");
}

TEST_F(EventLinesTest, ADeviceCannotSpeakForAnotherNorSpoilReservedMeasurements) {
    MetricsBody body;
    body.points.push_back({"cpu", {{"agent", "pi-2"}, {"time", "1"}, {"time_", "2"}}, {{"output", 1.5}}});
    body.points.push_back({"agent_status", {}, {{"status", std::int64_t{1}}}});
    body.points.push_back({"pncp", {}, {{"first", std::string("x")}}});
    EXPECT_EQ(text(event(EventKind::metrics, body)), "cpu,agent=pi-1,host=pi-1,time_=2 output_=1.5 1000\n");
    EXPECT_EQ(lines.count(), 1U);
    EXPECT_EQ(maker.take_dead().size(), 2U);
}

TEST_F(EventLinesTest, EverythingElseIsSkipped) {
    EXPECT_EQ(text(event(EventKind::audit, AuditBody{})), "");
    EXPECT_EQ(text(event(EventKind::command, CommandBody{})), "");
    EXPECT_EQ(text(event(EventKind::security, SecurityBody{})), "");
    EXPECT_TRUE(maker.take_dead().empty());
}

TEST_F(EventLinesTest, BodyThatCannotBeDecodedIsDeadLettered) {
    Event broken = event(EventKind::metrics, MetricsBody{});
    broken.body = {0xC1};
    EXPECT_EQ(text(broken), "");
    EXPECT_EQ(maker.take_dead().size(), 1U);
}

TEST_F(EventLinesTest, StoreWithoutStringsGetsTheNumbers) {
    EventLines numbers(false);
    MetricsBody body;
    body.points.push_back({"cpu", {}, {{"usage_idle", 1.5}, {"model", std::string("BCM2711")}}});
    body.points.push_back({"metrics", {}, {{"output", std::string("{}")}}});
    numbers.handle(1, event(EventKind::metrics, body), 0, lines);
    numbers.handle(2, event(EventKind::status, StatusBody{}), 0, lines);
    EXPECT_EQ(lines.text, "cpu,agent=pi-1,host=pi-1 usage_idle=1.5 1000\n");
}

}  // namespace
}  // namespace pncp::influx
