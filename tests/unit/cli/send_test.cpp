#include "cli/send.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

SendReply taken(std::uint64_t targets) { return {fake_job(), targets, false}; }

JobReply both_fine() {
    return page(2, {command_row("pi-1"), result_row("pi-1", result_body(Outcome::finished, "one\n")),
                    result_row("pi-2", result_body(Outcome::finished, "two\n"))});
}

TEST(CliSend, WhatFollowsTheCommandBelongsToIt) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(taken(2)), Reply(both_fine())};
    EXPECT_EQ(fake.run({"send", "--all", "lslogs", "-l", "--to", "x", "--help"}), ExitCode::ok);
    const auto& request = std::get<SendRequest>(fake.conversation.asked.at(0));
    EXPECT_EQ(request.job, fake_job());
    EXPECT_EQ(request.target, "*");
    EXPECT_EQ(request.name, "lslogs");
    EXPECT_EQ(request.arguments, (std::vector<std::string>{"-l", "--to", "x", "--help"}));
    EXPECT_EQ(request.timeout_ms, 0);
    EXPECT_EQ(request.claims, "anna");
    const auto& poll = std::get<JobRequest>(fake.conversation.asked.at(1));
    EXPECT_EQ(poll.job, fake_job());
    EXPECT_EQ(poll.after, 0U);
}

TEST(CliSend, NamesAreListedWithCommasAndTheTimeoutGoesAlong) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(taken(2)), Reply(both_fine())};
    EXPECT_EQ(fake.run({"send", "--to", "pi-1,pi-2", "--timeout", "30s", "uptime"}), ExitCode::ok);
    const auto& request = std::get<SendRequest>(fake.conversation.asked.at(0));
    EXPECT_EQ(request.target, "pi-1,pi-2");
    EXPECT_EQ(request.timeout_ms, 30'000);
    EXPECT_TRUE(request.arguments.empty());
}

TEST(CliSend, MistakesAreUsageErrorsThatNeverReachTheBroker) {
    const std::string long_word(2'000, 'x');
    const std::vector<std::pair<std::vector<const char*>, std::string>> table{
        {{"send", "--all", "--to", "pi-1", "uptime"}, "exclude each other"},
        {{"send", "uptime"}, "--all"},
        {{"send", "--all"}, "which command"},
        {{"send", "--all", "echo", long_word.c_str()}, "at most 1024 bytes"},
        {{"send", "--all", "--timeout", "30", "uptime"}, "timeout"},
        {{"send", "--all", "-o", "xml", "uptime"}, "output"},
        {{"sned", "--all", "uptime"}, "did you mean send?"},
    };
    for (const auto& [arguments, said] : table) {
        FakeWorld fake;
        EXPECT_EQ(fake.run(arguments), ExitCode::usage) << said;
        EXPECT_NE(fake.console.err_text.find(said), std::string::npos) << fake.console.err_text;
        EXPECT_TRUE(fake.conversation.asked.empty());
    }
}

TEST(CliSend, EmptyListOfNamesIsNoTarget) {
    FakeWorld fake;
    EXPECT_EQ(fake.run({"send", "--to", "", "uptime"}), ExitCode::no_target);
}

TEST(CliSend, ResultsGoToStdoutAndTheSummaryToStderr) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(taken(2)), Reply(both_fine())};
    EXPECT_EQ(fake.run({"send", "--all", "lslogs"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text, "pi-1: ok (12 ms)\none\npi-2: ok (12 ms)\ntwo\n");
    EXPECT_EQ(fake.console.err_text, "2 agents: 2 ok\n");
}

TEST(CliSend, ErrorsOfTheBrokerHaveTheirExitCode) {
    FakeWorld fake;
    fake.conversation.answers = {
        Reply(ErrorReply{ErrorCode::unknown_command, "no agent offers lslog", "", {"lslogs"}})};
    EXPECT_EQ(fake.run({"send", "--all", "lslog"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("lslogs"), std::string::npos);
    EXPECT_EQ(fake.console.out_text, "");
}

TEST(CliSend, BrokerThatIsNotThereIsExitCodeSeven) {
    FakeWorld fake;
    fake.conversation.no_link =
        Failure{ExitCode::broker_unreachable, {"cannot reach the broker", "start it"}};
    EXPECT_EQ(number(fake.run({"send", "--all", "uptime"})), 7);
    EXPECT_EQ(fake.console.err_text, "pncp-cli: cannot reach the broker; start it\n");
}

TEST(CliSend, CtrlCWhileSendingTellsTheJobsId) {
    FakeWorld fake;
    fake.conversation.answers = {Failure{ExitCode::interrupted, {"interrupted", {}}, true}};
    EXPECT_EQ(number(fake.run({"send", "--all", "uptime"})), 130);
    EXPECT_NE(fake.console.err_text.find(kFakeJobText), std::string::npos);
}

TEST(CliSend, RequestThatNeverLeftHasNoJobToComeBackTo) {
    FakeWorld fake;
    fake.conversation.answers = {
        Failure{ExitCode::broker_unreachable, {"cannot reach the broker", {}}, false}};
    EXPECT_EQ(number(fake.run({"send", "--all", "uptime"})), 7);
    EXPECT_EQ(fake.console.err_text.find(kFakeJobText), std::string::npos);
}

TEST(CliSend, JsonIsOneDocumentAndJsonlALineAResultAndASummary) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(taken(2)), Reply(both_fine())};
    EXPECT_EQ(fake.run({"send", "--all", "-o", "json", "lslogs"}), ExitCode::ok);
    EXPECT_EQ(Json::parse(fake.console.out_text)["results"].size(), 2U);
    EXPECT_EQ(fake.console.err_text, "");

    FakeWorld lines;
    lines.conversation.answers = {Reply(taken(2)), Reply(both_fine())};
    EXPECT_EQ(lines.run({"send", "--all", "-o", "jsonl", "lslogs"}), ExitCode::ok);
    std::vector<std::string> types;
    std::string_view rest = lines.console.out_text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        types.push_back(Json::parse(rest.substr(0, end))["type"]);
        rest.remove_prefix(end + 1);
    }
    EXPECT_EQ(types, (std::vector<std::string>{"result", "result", "summary"}));
}

}  // namespace
}  // namespace pncp::cli
