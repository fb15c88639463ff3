// Real processes, at times that are made up: a run begins when the test says that its time has come.
#include "agent/script/script_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "schema/program/clock.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::agent {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kDeadlineMs = 60'000;

class ScriptRunnerTest : public testing::Test {
  protected:
    ScriptSpec& script(const std::string& name, const std::string& lines) {
        return program(name, folder_.write(name, "#!/bin/sh\n" + lines + "\n", 0755));
    }
    ScriptSpec& program(const std::string& name, const std::string& path) {
        ScriptSpec& script = scripts_.emplace_back();
        script.command.name = name;
        script.command.path = path;
        script.command.timeout_ms = kDeadlineMs;
        script.command.output_bytes = 16 * 1024;
        script.measurement = name;
        script.interval_ms = 3'600'000;
        return script;
    }

    /// Lets every script be due, and turns until `count` reports are there.
    std::vector<ScriptReport> reports(std::size_t count) {
        const std::int64_t began = boottime_ms();
        if (!runner_) runner_.emplace("pi-1", scripts_, began - 3'600'000);
        std::vector<ScriptReport> all;
        for (std::int64_t now = began; now < began + kDeadlineMs; now = boottime_ms()) {
            for (auto& report : runner_->turn(now)) all.push_back(std::move(report));
            if (all.size() >= count) break;
            pollfd waiting{runner_->fd(), POLLIN, 0};
            const std::int64_t wake = runner_->wake_at_ms().value_or(now + 50);
            poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(wake - now, 0, 50)));
        }
        EXPECT_EQ(all.size(), count);
        all.resize(count);
        return all;
    }

    static std::string event(const ScriptReport& report) {
        return report.edges.empty() ? "" : report.edges[0].name + " " + report.edges[0].detail;
    }

    pncp::test::TemporaryFolder folder_;
    std::vector<ScriptSpec> scripts_;
    std::optional<ScriptRunner> runner_;
};

TEST_F(ScriptRunnerTest, WhatAScriptPrintsBecomesPoints) {
    script("soil", "echo soil,user=$(id -un) wet=0.5,home=\\\"$HOME\\\"");
    const auto report = reports(1)[0];
    ASSERT_EQ(report.points.size(), 2U) << event(report);
    EXPECT_EQ(report.points[0].fields[1].second, FieldValue(std::string("/"))) << "the commands' sandbox";
}

TEST_F(ScriptRunnerTest, AProgramThatIsNotThereFailsAtOnceAndMakesPlaceForTheNext) {
    for (const char* name : {"a", "b", "c"}) program(name, "/nonexistent/x");
    script("d", "echo d v=1");
    const auto all = reports(4);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_THAT(event(all[i]), HasSubstr("can't start /nonexistent/x"));
    EXPECT_EQ(all[3].points.size(), 2U);
}

TEST_F(ScriptRunnerTest, TenMegabytesCostNoMoreThanTheCap) {
    script("flood", "seq 1000000 | sed 's|.*|flood,n=& v=1|' | head -c 10000000");
    const auto report = reports(1)[0];
    EXPECT_THAT(event(report), HasSubstr("script_cut flood"));
    EXPECT_EQ(report.points.size(), kScriptPoints + 1);
}

TEST_F(ScriptRunnerTest, BinaryOutputIsAFailure) {
    script("binary", "head -c 100000 /dev/urandom");
    EXPECT_THAT(event(reports(1)[0]), HasSubstr("script_failed binary: "));
}

TEST_F(ScriptRunnerTest, OneThatHangsTakesNoPlaceFromTheOthersForLongerThanItsTimeOut) {
    script("a", "exec sleep 1000").command.timeout_ms = 200;
    script("b", "trap '' TERM; while :; do sleep 1; done").command.timeout_ms = 200;
    script("c", "echo c v=1");
    const auto all = reports(3);
    EXPECT_THAT(event(all[0]), HasSubstr("script_failed a: not done after 200 ms"));
    std::vector<std::string> events;
    for (const auto& report : all) events.push_back(event(report));
    EXPECT_THAT(events, testing::Contains(HasSubstr("so SIGKILL ended it")));
    EXPECT_THAT(events, testing::Contains(""));
}

TEST_F(ScriptRunnerTest, AStopEndsThemWithoutAWord) {
    script("a", "exec sleep 1000");
    EXPECT_TRUE(reports(0).empty());
    const std::int64_t began = boottime_ms();
    (void)runner_->turn(began);
    EXPECT_EQ(runner_->executor().running(), 1U);
    runner_->stop(began);
    std::vector<ScriptReport> all;
    while (runner_->executor().running() > 0 && boottime_ms() < began + kDeadlineMs) {
        pollfd waiting{runner_->fd(), POLLIN, 0};
        poll(&waiting, 1, 50);
        for (auto& report : runner_->turn(boottime_ms())) all.push_back(std::move(report));
    }
    EXPECT_EQ(runner_->executor().running(), 0U);
    for (const auto& report : all) EXPECT_TRUE(report.points.empty());
    EXPECT_FALSE(runner_->wake_at_ms()) << "none begins any more";
}

}  // namespace
}  // namespace pncp::agent
