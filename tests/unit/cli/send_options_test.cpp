// What the options of send ask of the broker, and what is told without following a job.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/send.hpp"
#include "cli/target_text.hpp"
#include "fake_world.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

/// The request that these options make, or what was said.
struct Asked {
    explicit Asked(std::vector<const char*> options) {
        fake.conversation.answers = {Reply(SendReply{fake_job(), 2, false})};
        options.insert(options.begin(), "send");
        options.insert(options.end(), {"--detach", "uptime"});
        code = fake.run(options);
    }
    [[nodiscard]] const SendRequest& request() const {
        return std::get<SendRequest>(fake.conversation.asked.at(0));
    }
    FakeWorld fake;
    ExitCode code;
};

TEST(CliSendOptions, OfflineLimitAndSeed) {
    EXPECT_EQ(Asked({"--all"}).request().offline, OfflineTargets::include);
    EXPECT_EQ(Asked({"--all", "--offline", "skip"}).request().offline, OfflineTargets::skip);
    EXPECT_EQ(Asked({"--all", "--offline", "fail"}).request().offline, OfflineTargets::fail);
    const Asked some({"--all", "--limit", "3", "--seed", "42"});
    EXPECT_EQ(some.request().limit, 3U);
    EXPECT_FALSE(some.request().limit_percent);
    EXPECT_EQ(some.request().seed, 42U);
    EXPECT_EQ(some.fake.console.err_text.find("--seed"), std::string::npos);
    const Asked share({"--all", "--limit", "20%"});
    EXPECT_EQ(share.request().limit, 20U);
    EXPECT_TRUE(share.request().limit_percent);
    EXPECT_EQ(share.request().seed, 0x070707U);
    EXPECT_NE(share.fake.console.err_text.find("--seed 460551\n"), std::string::npos);
}

TEST(CliSendOptions, WhatCantBeSentIsAMistakeOfUseAndNothingIsAsked) {
    const std::string long_word(1'000, 'a');
    std::vector<const char*> many{"send", "--all", "uptime"};
    many.insert(many.end(), 9, long_word.c_str());
    for (const auto& options : {std::vector<const char*>{"send", "--all", "--", "-x"},
                                std::vector<const char*>{"send", "--all", ""},
                                std::vector<const char*>{"send", "--all", "a b"}, many}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run(options), ExitCode::usage) << options.back();
        EXPECT_TRUE(fake.conversation.asked.empty());
    }
}

TEST(CliSendOptions, OptionsAfterTheCommandAreItsOwnAndThatIsSaid) {
    FakeWorld fake;
    EXPECT_EQ(fake.run({"send", "uptime", "--all"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("pncp-cli send --all uptime\n"), std::string::npos)
        << fake.console.err_text;
    FakeWorld failed;
    ResultBody body = result_body(Outcome::finished);
    body.exit_code = 2;
    failed.conversation.answers = {Reply(SendReply{fake_job(), 1, false}),
                                   Reply(page(1, {command_row("pi-1"), result_row("pi-1", body)}, true))};
    EXPECT_EQ(failed.run({"send", "--all", "uptime", "-o", "json"}), ExitCode::some_failed);
    EXPECT_NE(failed.console.err_text.find("-o stood after the command"), std::string::npos)
        << failed.console.err_text;
}

TEST(CliSendOptions, RolloutAndLateDelivery) {
    const Asked late({"--all", "--deliver-by", "24h"});
    EXPECT_EQ(late.request().deliver_by_ms, 86'400'000);
    EXPECT_FALSE(late.request().rollout);
    const Asked rolling(
        {"--all", "--batch", "20%", "--pause", "30s", "--stop-at-failures", "2", "--stop-when", "temp>80"});
    ASSERT_TRUE(rolling.request().rollout);
    EXPECT_EQ(*rolling.request().rollout, (Rollout{20, true, 30'000, 2, false, "temp>80"}));
    EXPECT_EQ(Asked({"--all", "--batch", "5"}).request().rollout, (Rollout{5, false, 0, 0, false, ""}));
}

TEST(CliSendOptions, MistakesNameTheOption) {
    const std::vector<std::pair<std::vector<const char*>, std::string>> table{
        {{"--all", "--limit", "0"}, "--limit 0"},
        {{"--all", "--limit", "101%"}, "--limit 101%"},
        {{"--all", "--limit", "many"}, "--limit many"},
        {{"--all", "--seed", "1"}, "--seed goes with --limit"},
        {{"--all", "--pause", "1s"}, "--pause goes with --batch"},
        {{"--all", "--stop-when", "temp>80"}, "--stop-when goes with --batch"},
        {{"--all", "--batch", ""}, "--batch is empty"},
        {{"--all", "--batch", "2", "--stop-at-failures", "x"}, "--stop-at-failures x"},
        {{"--all", "--offline", "maybe"}, "offline"},
        {{"--all", "-b", "-o", "json"}, "--group is for people"},
        {{"--all", "--diff", "-o", "csv"}, "--diff is for people"},
        {{"--to", "@nobody"}, "there is no group @nobody"},
    };
    for (const auto& [options, said] : table) {
        const Asked asked(options);
        EXPECT_EQ(asked.code, ExitCode::usage) << said;
        EXPECT_NE(asked.fake.console.err_text.find(said), std::string::npos) << asked.fake.console.err_text;
        EXPECT_TRUE(asked.fake.conversation.asked.empty());
    }
}

TEST(CliSendOptions, DetachPrintsTheIdAndTheWayBack) {
    const Asked asked({"--all"});
    EXPECT_EQ(asked.code, ExitCode::ok);
    EXPECT_EQ(asked.fake.console.out_text, std::string(kFakeJobText) + "\n");
    EXPECT_NE(asked.fake.console.err_text.find("pncp-cli job " + std::string(kFakeJobText)),
              std::string::npos);
    EXPECT_EQ(asked.fake.conversation.asked.size(), 1U);
    const Asked json({"--all", "-o", "json"});
    EXPECT_EQ(Json::parse(json.fake.console.out_text)["targets"], 2);
    EXPECT_EQ(json.fake.console.err_text, "");
}

struct GroupFiles {
    GroupFiles() {
        std::string name = (std::filesystem::temp_directory_path() / "pncp-groups-XXXXXX").string();
        folder = mkdtemp(name.data());
        std::filesystem::create_directories(folder + "/home/pncp");
        std::filesystem::create_directories(folder + "/etc");
    }
    ~GroupFiles() { std::filesystem::remove_all(folder); }
    void write(const std::string& path, const std::string& text) const {
        std::ofstream(folder + "/" + path) << text;
    }
    std::string folder;
};

TEST(CliSendOptions, GroupsOfTheUserComeBeforeThoseOfTheMachine) {
    const GroupFiles files;
    files.write("etc/groups", "garden = pi-1\nhouse = pi-[2-3]\n");
    files.write("home/pncp/groups", "garden = pi-9\n");
    FakeWorld fake;
    fake.world.system_config = files.folder + "/etc";
    fake.world.config_home = files.folder + "/home";
    const auto filled = target_text(fake.world, "@garden,@house");
    EXPECT_EQ(std::get<std::string>(filled), "(pi-9),(pi-[2-3])");

    fake.conversation.answers = {Reply(SendReply{fake_job(), 2, false})};
    EXPECT_EQ(fake.run({"send", "--to", "@house", "-x", "@garden", "--batch", "1", "--stop-when",
                        "@house&state=offline", "--detach", "uptime"}),
              ExitCode::ok);
    const auto& request = std::get<SendRequest>(fake.conversation.asked.at(0));
    EXPECT_EQ(request.target, "((pi-[2-3]))!((pi-9))");
    EXPECT_EQ(request.rollout->stop_when, "(pi-[2-3])&state=offline");

    fake.conversation.answers = {Reply(AgentsReply{{}, ""})};
    EXPECT_EQ(fake.run({"agents", "--to", "@house", "--to", "pi-5"}), ExitCode::ok);
    EXPECT_EQ(std::get<AgentsRequest>(fake.conversation.asked.back()).target, "(pi-[2-3]),pi-5");
    EXPECT_EQ(fake.run({"agents", "--to", "@hause"}), ExitCode::usage);

    files.write("home/pncp/groups", "garden\n");
    EXPECT_EQ(fake.run({"send", "--to", "@house", "uptime"}), ExitCode::configuration);
    EXPECT_NE(fake.console.err_text.find("home/pncp/groups:1"), std::string::npos);
    // Who names none is not bothered by a broken file.
    fake.conversation.answers = {Reply(SendReply{fake_job(), 2, false})};
    EXPECT_EQ(fake.run({"send", "--to", "pi-1", "--detach", "uptime"}), ExitCode::ok);
}

TargetsReply targets_page(std::vector<TargetRow> rows, std::string next = {}) {
    return {std::move(rows), 3, std::move(next)};
}

TEST(CliSendOptions, DryRunShowsWhomAndRunsNothing) {
    const std::vector<Answer> pages{
        Reply(targets_page({{"pi-1", "online", false}, {"pi-10", "offline", false}}, "pi-10")),
        Reply(targets_page({{"pi-2", "online", true}}))};
    FakeWorld fake;
    fake.conversation.answers = {pages.begin(), pages.end()};
    EXPECT_EQ(fake.run({"send", "--all", "--limit", "3", "--seed", "5", "-n", "lslogs"}), ExitCode::ok);
    EXPECT_EQ(
        fake.console.out_text,
        "AGENT  STATE    RIGHTS\npi-1   online   allowed\npi-2   online   denied\npi-10  offline  allowed\n");
    EXPECT_EQ(fake.console.err_text,
              "nothing was sent; lslogs would go to 2 agents: pi-[1,10]\n  of them offline: 1 agent: pi-10\n"
              "  denied for 1 agent: pi-2\n");
    const auto& first = std::get<TargetsRequest>(fake.conversation.asked.at(0));
    EXPECT_EQ(first.target, "*");
    EXPECT_EQ(first.name, "lslogs");
    EXPECT_EQ(first.limit, 3U);
    EXPECT_EQ(first.seed, 5U);
    EXPECT_EQ(std::get<TargetsRequest>(fake.conversation.asked.at(1)).after, "pi-10");

    FakeWorld json;
    json.conversation.answers = {pages.begin(), pages.end()};
    EXPECT_EQ(json.run({"send", "--all", "-n", "-o", "json", "lslogs"}), ExitCode::ok);
    EXPECT_EQ(Json::parse(json.console.out_text)["targets"][1],
              (Json{{"agent", "pi-2"}, {"state", "online"}, {"denied", true}}));
    EXPECT_EQ(Json::parse(json.console.out_text)["counts"],
              (Json{{"online", 2}, {"stale", 0}, {"offline", 1}, {"never", 0}, {"denied", 1}}));
    FakeWorld denied;
    denied.conversation.answers = {Reply(targets_page({{"pi-2", "online", true}}))};
    EXPECT_EQ(denied.run({"send", "--all", "-n", "-o", "csv", "lslogs"}), ExitCode::denied);
    EXPECT_EQ(denied.console.out_text, "agent,state,denied\r\npi-2,online,true\r\n");
}

}  // namespace
}  // namespace pncp::cli
