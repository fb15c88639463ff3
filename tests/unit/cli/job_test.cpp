#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

const char* const kJob = kFakeJobText.data();

TEST(CliJob, FollowsUntilEveryTargetHasEnded) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(page(2, {command_row("pi-1")})), Reply(page(2, {})),
                                 Reply(page(2, {result_row("pi-1", result_body(Outcome::finished))})),
                                 Reply(page(2, {result_row("pi-2", result_body(Outcome::timeout))}))};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::some_unanswered);
    EXPECT_EQ(fake.console.err_text, "2 agents: 1 ok, 1 timeout\n  timeout: pi-2\n");
    EXPECT_EQ(std::get<JobRequest>(fake.conversation.asked.at(1)).after, 99U);
}

TEST(CliJob, RestartOfTheBrokerIsWaitedForAndSaidOnce) {
    FakeWorld fake;
    const Failure away{ExitCode::broker_unreachable, {"cannot reach the broker", {}}};
    fake.conversation.answers = {away, away,
                                 Reply(page(1, {result_row("pi-1", result_body(Outcome::finished))}))};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::ok);
    EXPECT_EQ(fake.console.err_text, "the broker is away; waiting for it to come back\n1 agent: 1 ok\n");
}

TEST(CliJob, BrokerThatStaysAwayIsGivenUpWithTheWayBack) {
    FakeWorld fake;
    for (int i = 0; i < 100; ++i)
        fake.conversation.answers.push_back(
            Failure{ExitCode::broker_unreachable, {"cannot reach the broker", {}}});
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::broker_unreachable);
    EXPECT_NE(fake.console.err_text.find("pncp-cli job " + std::string(kFakeJobText)), std::string::npos);
}

TEST(CliJob, CtrlCLeavesTheJobRunningAndSaysHowToComeBack) {
    FakeWorld fake;
    fake.conversation.answers = {
        Reply(page(2, {result_row("pi-1", result_body(Outcome::finished, "seen\n"))})),
        Failure{ExitCode::interrupted, {"interrupted", {}}}};
    EXPECT_EQ(number(fake.run({"job", kJob})), 130);
    EXPECT_EQ(fake.console.out_text, "pi-1: ok (12 ms)\nseen\n");
    EXPECT_NE(fake.console.err_text.find("pncp-cli job " + std::string(kFakeJobText)), std::string::npos);
}

TEST(CliJob, IdMustBeHexadecimalAndLongEnough) {
    for (const char* id : {"", "123", "0707070707070707070707070707070g", "07070707 07070707",
                           "070707070707070707070707070707070707"}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run({"job", id}), ExitCode::usage);
    }
    FakeWorld none;
    EXPECT_EQ(none.run({"job"}), ExitCode::usage);
}

TEST(CliJob, ProgressLineIsDrawnInPlaceAndGoneAtTheEnd) {
    FakeWorld fake;
    fake.console.err_terminal = true;
    fake.conversation.answers = {Reply(page(2, {command_row("pi-1"), command_row("pi-2")})),
                                 Reply(page(2, {result_row("pi-1", result_body(Outcome::finished))})),
                                 Reply(page(2, {result_row("pi-2", result_body(Outcome::finished))}))};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::ok);
    const std::string& err = fake.console.err_text;
    EXPECT_NE(err.find("0/2"), std::string::npos);
    EXPECT_NE(err.find("out: pi-[1-2]"), std::string::npos);
    EXPECT_NE(err.find("1/2"), std::string::npos);
    EXPECT_NE(err.find("out: pi-2"), std::string::npos);
    EXPECT_TRUE(err.ends_with("\r\033[J2 agents: 2 ok\n")) << err;
    EXPECT_EQ(fake.console.out_text, "pi-1: ok (12 ms)\npi-2: ok (12 ms)\n");
    EXPECT_EQ(std::get<JobRequest>(fake.conversation.asked.at(0)).wait_ms, 1'000);
}

TEST(CliJob, NowShowsHowItStandsAndCountsWhoIsOut) {
    FakeWorld fake;
    fake.conversation.answers = {
        Reply(page(3, {command_row("pi-1"), result_row("pi-1", result_body(Outcome::finished))})),
        Reply(page(3, {}))};
    EXPECT_EQ(fake.run({"job", "--now", kJob}), ExitCode::some_unanswered);
    EXPECT_EQ(fake.console.err_text, "3 agents: 1 ok, 2 not ended yet\n");
    EXPECT_EQ(std::get<JobRequest>(fake.conversation.asked.at(0)).wait_ms, 0);
}

TEST(CliJob, WhoIsOfflineIsSaidWithTheTimeItWasLastSeen) {
    FakeWorld fake;
    ResultBody away = result_body(Outcome::offline);
    away.reason = "the connection was closed";
    AgentRow row;
    row.id = "pi-1";
    row.last_seen_us = 1'000'000'000'000'000 - 180'000'000;
    fake.conversation.answers = {Reply(page(1, {result_row("pi-1", away)})), Reply(AgentsReply{{row}, ""})};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::some_unanswered);
    EXPECT_EQ(fake.console.out_text, "pi-1: offline: the connection was closed; last seen 3 min ago\n");
    EXPECT_EQ(std::get<AgentsRequest>(fake.conversation.asked.at(1)).target, "pi-1");
}

TEST(CliJob, JobWithoutTargetsIsNoTarget) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(page(0, {}, true))};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::no_target);
}

}  // namespace
}  // namespace pncp::cli
