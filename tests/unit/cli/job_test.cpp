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
    EXPECT_EQ(fake.console.err_text, "2 agents: 1 ok, 1 timeout\n");
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

TEST(CliJob, IdMustBe32HexadecimalDigits) {
    for (const char* id : {"", "12", "0707070707070707070707070707070g"}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run({"job", id}), ExitCode::usage);
    }
    FakeWorld none;
    EXPECT_EQ(none.run({"job"}), ExitCode::usage);
}

TEST(CliJob, UnknownJobIsAUsageError) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(ErrorReply{ErrorCode::unknown_job, "no such job", "", {}})};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::usage);
}

TEST(CliJob, JobWithoutTargetsIsNoTarget) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(page(0, {}, true))};
    EXPECT_EQ(fake.run({"job", kJob}), ExitCode::no_target);
}

}  // namespace
}  // namespace pncp::cli
