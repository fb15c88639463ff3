#include "agent/script/script_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pncp::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kStart = 1'000'000;

ScriptSpec a_script(const std::string& name, std::int64_t interval_ms = 60'000) {
    ScriptSpec script;
    script.command.name = name;
    script.command.timeout_ms = 10'000;
    script.interval_ms = interval_ms;
    return script;
}

CommandFinished ended(const RunCommand& run, std::string out = "soil wet=1\n") {
    CommandFinished finished;
    finished.command = run.command;
    finished.duration_ms = 12;
    finished.out = std::move(out);
    return finished;
}

/// A core whose only script is due.
struct One {
    explicit One(ScriptSpec script = a_script("soil")) : core("pi-1", {std::move(script)}, kStart) {}

    /// One run that ends with `finished`'s outcome.
    ScriptReport run(CommandFinished finished = {}) {
        const std::int64_t due = *core.wake_at_ms();
        const auto runs = core.start_due(due);
        EXPECT_EQ(runs.size(), 1U);
        if (!runs.empty()) finished.command = runs.front().command;
        return core.on_finished(finished);
    }
    ScriptReport print(std::string out) {
        CommandFinished finished;
        finished.out = std::move(out);
        return run(std::move(finished));
    }
    ScriptReport fail(std::string err = "no bus\nat all") {
        CommandFinished finished;
        finished.exit_code = 3;
        finished.err = std::move(err);
        return run(std::move(finished));
    }

    ScriptCore core;
};

FieldValue field(const ScriptReport& report, const std::string& name) {
    for (const auto& [key, value] : report.points.back().fields)
        if (key == name) return value;
    return std::string("absent");
}

TEST(ScriptCore, ScriptsRunOnAGridThatDiffersFromDeviceToDeviceAndFromScriptToScript) {
    const auto first = [](const char* device, const char* name) {
        return *ScriptCore(device, {a_script(name)}, kStart).wake_at_ms();
    };
    EXPECT_NE(first("pi-1", "soil"), first("pi-2", "soil"));
    EXPECT_NE(first("pi-1", "soil"), first("pi-1", "solar"));
    EXPECT_EQ(first("pi-1", "soil"), *ScriptCore("pi-1", {a_script("soil")}, kStart + 1).wake_at_ms())
        << "a restart moves nothing";
    One one;
    const std::int64_t due = *one.core.wake_at_ms();
    EXPECT_GT(due, kStart);
    EXPECT_LE(due, kStart + 60'000);
    EXPECT_TRUE(one.core.start_due(due - 1).empty());
    EXPECT_EQ(one.core.start_due(due).front().name, "soil");
    EXPECT_EQ(*one.core.wake_at_ms(), due + 60'000);
    EXPECT_FALSE(ScriptCore("pi-1", {}, kStart).wake_at_ms());
}

TEST(ScriptCore, WhatItPrintsComesWithAPointThatSaysHowItWent) {
    One one;
    const auto report = one.print("soil,bed=1 wet=0.5\nsoil,bed=2 wet=0.25\n");
    ASSERT_EQ(report.points.size(), 3U);
    EXPECT_EQ(report.points[0], (Point{"soil", {{"bed", "1"}}, {{"wet", 0.5}}}));
    EXPECT_EQ(report.points[2].measurement, "pi_script");
    EXPECT_THAT(report.points[2].tags, ElementsAre(std::pair<std::string, std::string>("script", "soil")));
    EXPECT_EQ(field(report, "ok"), FieldValue(true));
    EXPECT_EQ(field(report, "points"), FieldValue(std::int64_t{2}));
    EXPECT_EQ(field(report, "runs"), FieldValue(std::int64_t{1}));
    EXPECT_TRUE(report.edges.empty());
}

TEST(ScriptCore, OnlyTheFirstFailureAndTheRecoveryAreEvents) {
    One one;
    const auto first = one.fail();
    EXPECT_THAT(first.edges, ElementsAre(DeviceEdge{"script_failed", "soil: exit code 3: no bus"}));
    ASSERT_EQ(first.points.size(), 1U);
    EXPECT_EQ(field(first, "ok"), FieldValue(false));
    EXPECT_TRUE(one.fail().edges.empty());
    EXPECT_THAT(one.print("").edges,
                ElementsAre(DeviceEdge{"script_recovered", "soil: after 2 failed runs"}));
    EXPECT_TRUE(one.print("").edges.empty());
    const auto again = one.fail();
    EXPECT_EQ(again.edges.size(), 1U);
    EXPECT_EQ(field(again, "failed"), FieldValue(std::int64_t{3}));
}

TEST(ScriptCore, ATimeOutAndWrongOutputAreFailuresToo) {
    One one;
    CommandFinished late;
    late.outcome = Outcome::timeout;
    late.reason = "not done after 10 s";
    EXPECT_THAT(one.run(late).edges, ElementsAre(DeviceEdge{"script_failed", "soil: not done after 10 s"}));
    One other;
    const auto wrong = other.print("soil wet=1\nsoil wet=maybe\n");
    ASSERT_EQ(wrong.edges.size(), 1U);
    EXPECT_THAT(wrong.edges[0].detail, HasSubstr("soil: line 2: "));
    EXPECT_EQ(wrong.points.size(), 1U) << "all or nothing";
}

TEST(ScriptCore, AnEventHoldsNothingThatSteersATerminalAndFitsItsRoom) {
    One one;
    const auto report = one.fail(std::string("\x1b[2J") + std::string(1'000, '\xff'));
    const std::string& detail = report.edges.at(0).detail;
    EXPECT_LE(detail.size(), 200U);
    EXPECT_EQ(detail.find('\x1b'), std::string::npos);
    One wide;
    std::string umlauts;
    for (int i = 0; i < 300; ++i) umlauts += "ä";
    EXPECT_EQ(wide.fail(umlauts).edges.at(0).detail.size() % 2, std::string("soil: exit code 3: ").size() % 2)
        << "no half of a character";
}

TEST(ScriptCore, ARunThatOverlapsItsIntervalIsSkippedAndCounted) {
    ScriptCore core("pi-1", {a_script("soil", 10'000)}, kStart);
    const std::int64_t due = *core.wake_at_ms();
    const auto runs = core.start_due(due);
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_TRUE(core.start_due(due + 10'000).empty());
    EXPECT_TRUE(core.start_due(due + 20'000).empty());
    const auto report = core.on_finished(ended(runs[0]));
    EXPECT_EQ(field(report, "skipped"), FieldValue(std::int64_t{2}));
    EXPECT_TRUE(core.start_due(due + 20'001).empty()) << "skipped is not put off";
    EXPECT_EQ(core.start_due(due + 30'000).size(), 1U);
}

TEST(ScriptCore, TwoRunAtATimeAndTheOthersWaitTheirTurn) {
    std::vector<ScriptSpec> scripts;
    for (const char* name : {"a", "b", "c", "d"}) scripts.push_back(a_script(name));
    ScriptCore core("pi-1", scripts, kStart);
    const auto runs = core.start_due(kStart + 60'000);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_TRUE(core.start_due(kStart + 60'000).empty());
    (void)core.on_finished(ended(runs[0]));
    const auto third = core.start_due(kStart + 60'001);
    ASSERT_EQ(third.size(), 1U);
    EXPECT_EQ(third[0].name, "c");
    EXPECT_TRUE(core.on_finished(ended(runs[0])).points.empty()) << "an end counts once";
    (void)core.on_finished(ended(runs[1]));
    EXPECT_EQ(core.start_due(kStart + 60'002).front().name, "d");
}

TEST(ScriptCore, WhatIsCutIsSaidOnce) {
    std::string many;
    for (std::size_t i = 0; i < kScriptPoints + 5; ++i) many += "soil,bed=" + std::to_string(i) + " wet=1\n";
    One one;
    const auto report = one.print(many);
    EXPECT_EQ(report.points.size(), kScriptPoints + 1);
    ASSERT_EQ(report.edges.size(), 1U);
    EXPECT_EQ(report.edges[0].name, "script_cut");
    EXPECT_THAT(report.edges[0].detail, HasSubstr("5 points left out"));
    EXPECT_TRUE(one.print(many).edges.empty());
    EXPECT_TRUE(one.print("").edges.empty());
    EXPECT_EQ(one.print(many).edges.size(), 1U);
}

TEST(ScriptCore, OfOutputThatWasCutWholeLinesCount) {
    CommandFinished finished;
    finished.out = "soil,bed=1 wet=1\nsoil,bed=2 wet=2\nsoil we";
    finished.truncated = true;
    One lines;
    const auto report = lines.run(finished);
    EXPECT_EQ(report.points.size(), 3U);
    EXPECT_EQ(report.edges.at(0).name, "script_cut");
    ScriptSpec json = a_script("soil");
    json.format = ScriptFormat::json;
    json.measurement = "soil";
    One object(json);
    finished.out = "{\"a\": 1";
    EXPECT_EQ(object.run(finished).edges.at(0).name, "script_failed");
}

TEST(ScriptCore, AStopOfTheAgentIsNoFailure) {
    One one;
    CommandFinished stopped;
    stopped.outcome = Outcome::interrupted;
    const auto report = one.run(stopped);
    EXPECT_TRUE(report.points.empty());
    EXPECT_TRUE(report.edges.empty());
    EXPECT_TRUE(one.core.on_finished({}).points.empty());
    CommandFinished unknown;
    unknown.command.fill(255);
    EXPECT_TRUE(one.core.on_finished(unknown).points.empty());
}

}  // namespace
}  // namespace pncp::agent
