#include "broker/log_writer/logged_event.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "broker/log_writer/log_record.hpp"
#include "schema/codec.hpp"

namespace pncp::log_writer {
namespace {

const std::string kNotUtf8 = "caf\xE9 \xFF\n\x1b[2J\xE2\x80\xAE";

Event event_of(EventKind kind, Bytes body) {
    Event event;
    event.topic = "result/pi-1/";
    event.class_seq = 3;
    event.time_ns = -1;
    event.agent = "pi-1";
    event.direction = Direction::agent_to_broker;
    event.kind = kind;
    event.body = std::move(body);
    return event;
}

/// Whether the line has the event's bytes beside its content.
bool round_trip(const Event& event) {
    ChainState chain;
    chain.cursor.journal[0] = 0xab;
    const std::string line = event_line({42, event}, chain);
    const auto back = read_event(std::string_view(line).substr(0, line.size() - 1));
    EXPECT_TRUE(back) << line;
    if (!back) return false;
    EXPECT_EQ(back->journal, chain.cursor.journal);
    EXPECT_EQ(back->event.seq, 42U);
    EXPECT_TRUE(back->event.event == event) << line;
    return line.find(",\"raw\":\"") != std::string::npos;
}
template <typename Body>
bool round_trip(EventKind kind, const Body& body) {
    return round_trip(event_of(kind, encode(body)));
}

MetricsBody some_metrics() {
    MetricsBody body;
    body.points.push_back({"cpu",
                           {{"cpu", "cpu0"}, {"z", "1"}, {"a", "2"}},
                           {{"usage", 0.0},
                            {"tenth", 0.1},
                            {"tiny", 5e-324},
                            {"huge", 1e300},
                            {"minus", -0.0},
                            {"n", std::int64_t{-3}},
                            {"least", std::numeric_limits<std::int64_t>::min()},
                            {"most", std::numeric_limits<std::int64_t>::max()},
                            {"ok", true},
                            {"text", std::string("\xE2\x82\xAC \n")}}});
    body.points.push_back({"mem", {}, {{"free", std::int64_t{1}}}});
    return body;
}

TEST(LoggedEvent, EveryKindComesBackByteByByteFromItsContentAlone) {
    ResultBody result{{1}, "lslogs", Outcome::killed, -1, 9, 12, "why", 5, 6, true, {'o', 'k'}, {0xFF, 0x00}};
    Hello hello{"pi-1", {2}, "boot", {3}, {4, 5}, -6, true, "1.0", "Pi 5", {"site=lab"}};
    CommandBody command{{1}, {2}, {3}, "anna", "uptime", {"-p", ""}, 30'000};
    Catalogue catalogue{{1}, {{"uptime", "help", {"lines: 1..9"}, {"look"}}, {"df", "", {}}}};
    EXPECT_FALSE(round_trip(EventKind::metrics, some_metrics()));
    EXPECT_FALSE(round_trip(EventKind::output, OutputBody{{1}, OutputStream::err, 7, {0xC3, 0x28, '\n'}}));
    EXPECT_FALSE(round_trip(EventKind::result, result));
    EXPECT_FALSE(round_trip(EventKind::gap, GapBody{{1}, Stream::results, 2, 3, "full"}));
    EXPECT_FALSE(round_trip(EventKind::device_event, DeviceEventBody{"throttled", "now"}));
    EXPECT_FALSE(round_trip(EventKind::status, StatusBody{true, "r", "v", "b", -5, true}));
    EXPECT_FALSE(round_trip(EventKind::command, command));
    EXPECT_FALSE(round_trip(EventKind::command_ack, CommandAckBody{{1}, CommandState::known, "r"}));
    EXPECT_FALSE(round_trip(EventKind::job, JobBody{{1}, "anna", "df", {"a"}, "*", 3, 4, true}));
    JobBody staged{{1}, "anna", "df", {"a"}, "*", 3, 4, true, "bert", 1, 2, 3, 4, std::nullopt};
    staged.rollout = Rollout{10, true, 5, 6, false, "temp>80"};
    EXPECT_FALSE(round_trip(EventKind::job, staged));
    EXPECT_FALSE(round_trip(EventKind::job_targets, JobTargetsBody{{1}, {"pi-1", "pi-2"}}));
    EXPECT_FALSE(round_trip(EventKind::alert, AlertBody{"hot", "pi-1", true, "temp > 80", "temp 83.1"}));
    EXPECT_FALSE(round_trip(EventKind::audit, AuditBody{"anna", "send", "d", true}));
    EXPECT_FALSE(round_trip(EventKind::security, SecurityBody{"tag", "agent/pi-1/1", 7}));
    EXPECT_FALSE(round_trip(EventKind::hello, hello));
    EXPECT_FALSE(round_trip(EventKind::ready, Ready{{1, 2}, 3, {4}, {5}, 6, std::nullopt}));
    EXPECT_FALSE(round_trip(EventKind::bye, Bye{"stop", true}));
    EXPECT_FALSE(round_trip(EventKind::catalogue, catalogue));
    EXPECT_FALSE(round_trip(EventKind::anchor, AnchorBody{"log-writer", 9, {1}, {2}}));
}

TEST(LoggedEvent, BytesThatAreNotUtf8SurviveWhereverTheyStand) {
    EXPECT_TRUE(round_trip(EventKind::device_event, DeviceEventBody{kNotUtf8, kNotUtf8}));
    EXPECT_TRUE(round_trip(EventKind::command, CommandBody{{}, {}, {}, "a", "b", {kNotUtf8}, 0}));
    MetricsBody metrics;
    metrics.points.push_back({kNotUtf8, {{kNotUtf8, kNotUtf8}}, {{kNotUtf8, kNotUtf8}}});
    EXPECT_TRUE(round_trip(EventKind::metrics, metrics));
    Event event = event_of(EventKind::bye, encode(Bye{}));
    event.agent = event.topic = kNotUtf8;
    EXPECT_TRUE(round_trip(event));
}

TEST(LoggedEvent, WhatJsonHasNoWordsForSurvivesToo) {
    MetricsBody twice;
    twice.points.push_back({"m", {{"t", "1"}, {"t", "2"}}, {{"f", 1.0}, {"f", 2.0}}});
    // Whether or not the codec takes such a body, the bytes come back.
    round_trip(EventKind::metrics, twice);
    MetricsBody odd;
    odd.points.push_back({"m", {}, {{"f", std::numeric_limits<double>::infinity()}}});
    round_trip(EventKind::metrics, odd);
    EXPECT_FALSE(round_trip(event_of(EventKind::metrics, {0xC1, 0x02})))
        << "a newer broker's: hex in the content";
}

TEST(LoggedEvent, AKeyInAReadyIsNotInTheLineInAnyForm) {
    Ready ready;
    ready.feed_key = Key32{};
    ready.feed_key->fill(0xEE);
    ChainState chain;
    const std::string line = event_line({1, event_of(EventKind::ready, encode(ready))}, chain);
    EXPECT_EQ(line.find("eeee"), std::string::npos);
    EXPECT_TRUE(read_event(std::string_view(line).substr(0, line.size() - 1)));
}

TEST(LoggedEvent, HeadersGapsAndNonsenseAreNoEvents) {
    ChainState chain;
    EXPECT_FALSE(read_event(header_line({}, "log-writer", 0, chain)));
    EXPECT_FALSE(read_event(gap_line({1, 2, "r", {}}, 0, chain)));
    for (const char* text : {"", "{}", "[]", "3", "{\"journal\":3}", "{\"seq\":1,\"journal\":\"zz\"}"})
        EXPECT_FALSE(read_event(text)) << text;
    ChainState other;
    std::string line = event_line({1, event_of(EventKind::metrics, encode(some_metrics()))}, other);
    // Any byte changed is an event or none, never a crash.
    for (std::size_t i = 0; i < line.size(); ++i) {
        std::string changed = line;
        changed[i] = static_cast<char>(changed[i] ^ 4);
        (void)read_event(changed);
    }
}

TEST(LoggedEvent, TimesAreReadBackToTheNanosecond) {
    for (const std::int64_t time :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'769'860'800'123'456'789},
          std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()})
        EXPECT_EQ(parse_rfc3339_ns(rfc3339_ns(time)), time) << rfc3339_ns(time);
    EXPECT_EQ(parse_rfc3339_ns("2026-01-31T12:00:00Z"), 1'769'860'800'000'000'000);
    EXPECT_EQ(parse_rfc3339_ns("2026-01-31T12:00:00.5Z"), 1'769'860'800'500'000'000);
    for (const char* text :
         {"", "2026", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00",
          "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234567890Z", "9999-01-01T00:00:00Z",
          "2026-01-31 12:00:00Z", "2026-01-31T12:00:00+01:00"})
        EXPECT_FALSE(parse_rfc3339_ns(text)) << text;
}

}  // namespace
}  // namespace pncp::log_writer
