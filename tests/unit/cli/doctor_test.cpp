#include "cli/doctor.hpp"

#include <gmock/gmock.h>

#include "fake_world.hpp"
#include "schema/program/version.hpp"

namespace pncp::cli {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1'800'000'000'000'000;

std::vector<StatusRow> healthy() {
    return {{"broker.version", std::string(kVersion)},
            {"broker.now_us", std::to_string(kNow)},
            {"gaps", "0"},
            {"refused", "0"},
            {"agents.spooled_rows", "0"},
            {"journal.disk_full", "no"},
            {"journal.takes_metrics", "yes"},
            {"journal.last_error", ""},
            {"cursor.influx-bridge", "10"},
            {"lag.influx-bridge", "0"},
            {"silent_s.influx-bridge", "1"},
            {"cursor.log-writer", "10"},
            {"lag.log-writer", "0"},
            {"silent_s.log-writer", "1"}};
}

std::vector<StatusRow> with(std::vector<StatusRow> changed) {
    std::vector<StatusRow> rows = healthy();
    for (const StatusRow& each : changed) {
        std::erase_if(rows, [&](const StatusRow& row) { return row.name == each.name; });
        rows.push_back(each);
    }
    return rows;
}

/// The worst finding about a subject: its health, and all words of it.
std::pair<Health, std::string> about(const std::string& subject, const Findings& findings) {
    std::pair<Health, std::string> worst{Health::good, ""};
    for (const Finding& each : findings) {
        if (each.subject != subject) continue;
        worst.first = std::max(worst.first, each.health);
        worst.second += each.text + " -> " + each.fix + "\n";
    }
    return worst;
}

Findings judged(const std::vector<StatusRow>& rows) {
    Findings findings;
    judge_status(rows, kNow - 1000, kNow + 1000, findings);
    return findings;
}

TEST(Doctor, AHealthyBrokerHasOnlyGoodFindings) {
    for (const Finding& each : judged(healthy())) EXPECT_EQ(each.health, Health::good) << each.text;
}

TEST(Doctor, EachThingThatIsWrongIsSaidWithItsFix) {
    struct Case {
        StatusRow row;
        std::string subject;
        Health health;
        std::string words;
    };
    for (const Case& each : std::vector<Case>{
             {{"broker.version", "9.9.9"}, "version", Health::note, "upgrade"},
             {{"broker.now_us", std::to_string(kNow - 10'000'000)}, "clock", Health::note, "10 s behind"},
             {{"broker.now_us", std::to_string(kNow + 7'200'000'000)}, "clock", Health::bad, "set-ntp"},
             {{"journal.disk_full", "yes"}, "journal", Health::bad, "free space"},
             {{"journal.last_error", "disk I/O error"}, "journal", Health::bad, "journal.last_error"},
             {{"journal.deleted_unread", "3"}, "journal", Health::bad, "max_size"},
             {{"gaps", "2"}, "drops", Health::note, "--type GAP"},
             {{"agents.spooled_rows", "40"}, "queues", Health::note, "40 rows"},
             {{"refused", "7"}, "refusals", Health::note, "PROTOCOL.md"},
             {{"silent_s.influx-bridge", "400"},
              "InfluxDB",
              Health::bad,
              "systemctl status pncp-influx-bridge"},
             {{"lag.influx-bridge", "900000"}, "InfluxDB", Health::note, "catches up"},
             {{"silent_s.log-writer", "400"}, "log", Health::bad, "journalctl -u pncp-log-writer"}}) {
        const auto [health, words] = about(each.subject, judged(with({each.row})));
        EXPECT_EQ(health, each.health) << each.row.name;
        EXPECT_THAT(words, HasSubstr(each.words));
        EXPECT_THAT(words, HasSubstr(" -> ")) << "a fix";
    }
}

TEST(Doctor, AStrangersSubscriberThatIsAwayIsNoted) {
    const auto [health, words] =
        about("subscriber", judged(with({{"silent_s.grafana", "7200"}, {"lag.grafana", "12"}})));
    EXPECT_EQ(health, Health::note);
    EXPECT_THAT(words, HasSubstr("grafana was last heard of 2 h ago, 12 events behind"));
}

TEST(Doctor, ASubscriberThatNeverCameIsNoFault) {
    std::vector<StatusRow> rows = healthy();
    std::erase_if(rows, [](const StatusRow& row) { return row.name == "cursor.influx-bridge"; });
    EXPECT_EQ(about("InfluxDB", judged(rows)).first, Health::note);
}

TEST(Doctor, DevicesAreCountedAndSomeNamed) {
    std::vector<AgentRow> rows(9);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].id = "pi-" + std::to_string(i);
        rows[i].state = "offline";
        rows[i].reason = "time-out";
        rows[i].version = std::string(kVersion);
        rows[i].clock_synced = true;
    }
    rows[8].state = "online";
    rows[8].clock_offset_us = -3'600'000'000;
    rows[8].facts = {"temp=81", "throttled=under_voltage"};
    rows[8].version = "0.0.1";
    Findings findings;
    judge_agents(rows, std::string(kVersion), findings);
    EXPECT_THAT(about("agents", findings).second, HasSubstr("8 agents not online: pi-0 (time-out), "));
    EXPECT_THAT(about("agents", findings).second, HasSubstr("and 3 more"));
    EXPECT_THAT(about("clock", findings).second, HasSubstr("pi-8"));
    EXPECT_THAT(about("power", findings).second, HasSubstr("pi-8 (under_voltage)"));
    EXPECT_THAT(about("version", findings).second, HasSubstr("pi-8 (0.0.1)"));
    for (const Finding& each : findings)
        EXPECT_NE(each.health, Health::bad) << "a device is no fault of the broker";
}

TEST(Doctor, WhatCameFromElsewhereCannotSteerATerminal) {
    const std::string text =
        render_findings({{Health::bad, "key", "a\033[2Jb", "c\nd"}}, {.colour = false, .neutralise = true});
    EXPECT_EQ(text.find('\033'), std::string::npos);
    EXPECT_THAT(text, HasSubstr("-> c\\nd\n"));
}

}  // namespace
}  // namespace pncp::cli
