#include "cli/complete.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

Vocabulary known() {
    Vocabulary words;
    words.fleet.agents = {"pi-1", "pi-2", "cam-1"};
    words.fleet.tags = {"role=camera"};
    CommandRow restart;
    restart.name = "service-restart";
    restart.arguments = {"unit: ssh.service|cron.service", "lines: 1..1000"};
    CommandRow lslogs;
    lslogs.name = "lslogs";
    words.fleet.commands = {lslogs, restart};
    words.contexts = {"local", "home"};
    words.topics = {"start", "targets"};
    words.fleet.jobs = {{"0123456789abcdef0123456789abcdef", 1, "lslogs"},
                        {"0199999999abcdef0123456789abcdef", 1, "metrics"}};
    return words;
}

std::vector<std::string> at(const std::vector<std::string>& words) {
    std::vector<std::string> texts;
    for (const Candidate& each : complete(cli_program(), words, known()).candidates)
        texts.push_back(each.text);
    return texts;
}

PathKind paths_at(const std::vector<std::string>& words) {
    return complete(cli_program(), words, known()).paths;
}

TEST(Complete, VerbsOptionsAndValues) {
    EXPECT_THAT(at({"sen"}), ElementsAre("send"));
    EXPECT_THAT(at({""}), Contains("doctor"));
    EXPECT_THAT(at({"help", "ag"}), Contains("agents"));
    EXPECT_THAT(at({"--col"}), ElementsAre("--color"));
    EXPECT_THAT(at({"send", "--exc"}), ElementsAre("--exclude"));
    EXPECT_THAT(at({"--color", "a"}), ElementsAre("auto", "always"));
    EXPECT_THAT(at({"send", "--color=n"}), ElementsAre("--color=never"));
    EXPECT_THAT(at({"status", "-o", "json"}), ElementsAre("json", "jsonl"));
    EXPECT_THAT(at({"--context", "h"}), ElementsAre("home"));
    EXPECT_THAT(at({"status", "--he"}), ElementsAre("--help"));
}

TEST(Complete, AnOptionThatWasGivenIsNotOfferedAgainUnlessItIsAList) {
    EXPECT_THAT(at({"send", "--timeout", "3s", "--timeo"}), IsEmpty());
    EXPECT_THAT(at({"send", "--to", "pi-1", "--t"}), Contains("--to"));
}

TEST(Complete, TheLastNameOfAnExpressionInOrOutOfQuotes) {
    EXPECT_THAT(at({"send", "--to", "pi"}), ElementsAre("pi-1", "pi-2"));
    EXPECT_THAT(at({"send", "--to", "pi-1,ca"}), ElementsAre("pi-1,cam-1"));
    EXPECT_THAT(at({"send", "--to", "'role=ca"}), ElementsAre("role=camera"));
    EXPECT_THAT(at({"send", "--to", "'role=camera&pi"}), ElementsAre("role=camera&pi-1", "role=camera&pi-2"));
    EXPECT_THAT(at({"send", "--to=pi-1,pi-"}), ElementsAre("--to=pi-1,pi-1", "--to=pi-1,pi-2"));
    EXPECT_THAT(at({"send", "-x", "c"}), ElementsAre("cam-1"));
}

TEST(Complete, CommandsAndTheirArgumentsEndTheOptions) {
    EXPECT_THAT(at({"send", "--all", "l"}), ElementsAre("lslogs"));
    EXPECT_THAT(at({"send", "--all", "service-restart", ""}), ElementsAre("ssh.service", "cron.service"));
    EXPECT_THAT(at({"send", "--all", "service-restart", "ssh.service", ""}), IsEmpty());
    EXPECT_THAT(at({"send", "--all", "lslogs", "--ti"}), IsEmpty());
}

TEST(Complete, JobsByTheirFirstDigitsOrAllOfThem) {
    EXPECT_THAT(at({"job", "01"}), ElementsAre("01234567", "01999999"));
    EXPECT_THAT(at({"cancel", "0123"}), ElementsAre("01234567"));
    EXPECT_THAT(at({"retry", "--failed", "012345678"}), ElementsAre("0123456789abcdef0123456789abcdef"));
    EXPECT_THAT(at({"job", "0123", "01"}), IsEmpty());
}

TEST(Complete, WordsOfAUsageLine) {
    EXPECT_THAT(at({"key", ""}), Contains("rotate"));
    EXPECT_THAT(at({"key", "rotate", "p"}), ElementsAre("pi-1", "pi-2"));
    EXPECT_THAT(at({"key", "list", ""}), IsEmpty());
    EXPECT_THAT(at({"cheat", "t"}), ElementsAre("targets"));
    EXPECT_THAT(at({"context", "use", ""}), ElementsAre("local", "home"));
    EXPECT_THAT(at({"completion", ""}), ElementsAre("bash", "zsh", "words"));
    EXPECT_THAT(at({"enroll", "cam"}), ElementsAre("cam-1"));
    EXPECT_THAT(at({"log", "show", "--agent", "pi-1,c"}), ElementsAre("pi-1,cam-1"));
    EXPECT_THAT(at({"agent", "c"}), ElementsAre("cam-1"));
    EXPECT_THAT(at({"history", "c"}), ElementsAre("cam-1"));
    EXPECT_THAT(at({"commands", "ls"}), ElementsAre("lslogs"));
    EXPECT_THAT(at({"watch", "metrics", "stat"}), ElementsAre("status"));
    EXPECT_THAT(at({"watch", "status/c"}), ElementsAre("status/cam-1"));
    EXPECT_EQ(paths_at({"key", "show", ""}), PathKind::file);
    EXPECT_EQ(paths_at({"log", "verify", "a", "b"}), PathKind::file);
    EXPECT_EQ(paths_at({"--run-dir", ""}), PathKind::folder);
    EXPECT_EQ(paths_at({"agents", ""}), PathKind::none);
}

TEST(Complete, UnfinishedOrWrongLinesGiveNothingAndNoHarm) {
    EXPECT_THAT(at({"nonsense", "x"}), Not(Contains("x")));
    EXPECT_THAT(at({"send", "--nonsense=1", "--also", "ls"}), ElementsAre("lslogs"));
    EXPECT_THAT(at({}), Contains("send"));
    EXPECT_THAT(at({"send", "--to", "'"}), Contains("pi-1"));
    EXPECT_THAT(at({"send", "-"}), Contains("--all"));
    EXPECT_THAT(at({"send", "--color=\\"}), IsEmpty());
}

TEST(Complete, OrdinaryRunsFillTheCacheThatCompletionReads) {
    char name[] = "/tmp/pncp-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    AgentRow pi;
    pi.id = "pi-1";
    pi.tags = {"role=camera", "note=two words"};
    CommandRow lslogs;
    lslogs.name = "lslogs";
    lslogs.help = "Lists\tlogs";
    {
        FakeWorld fake;
        fake.world.cache_home = name;
        fake.conversation.answers = {Reply(AgentsReply{{pi}, ""}), Reply(CommandsReply{{lslogs}, ""})};
        EXPECT_EQ(fake.run({"agents"}), ExitCode::ok);
        EXPECT_EQ(fake.run({"commands"}), ExitCode::ok);
    }
    FakeWorld later;
    later.world.cache_home = name;
    EXPECT_EQ(later.run({"completion", "words", "--", "send", "--to", ""}), ExitCode::ok);
    EXPECT_EQ(later.console.out_text, "pi-1\t\nrole=camera\t\n");
    later.console.out_text.clear();
    EXPECT_EQ(later.run({"completion", "words", "--", "send", "--all", "ls"}), ExitCode::ok);
    EXPECT_EQ(later.console.out_text, "lslogs\tLists\\tlogs\n");
    later.console.out_text.clear();
    EXPECT_EQ(later.run({"completion", "words", "--", "--run-dir", "/other", "send", "--to", ""}),
              ExitCode::ok);
    EXPECT_EQ(later.console.out_text, "") << "the words of one broker are not offered for another";
    EXPECT_TRUE(later.conversation.asked.empty());
    std::filesystem::remove_all(name);
}

TEST(Complete, NamesThatAJobHasShownAreAddedToThoseThatAreKnown) {
    char name[] = "/tmp/pncp-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    FakeWorld fake;
    fake.world.cache_home = name;
    const Settings settings(cli_program().settings);
    const std::vector<std::string> words;
    const Call call{fake.world, settings, words};
    AgentRow ten;
    ten.id = "pi-10";
    ten.tags = {"role=camera"};
    remember_agents(call, {ten});
    remember_names(call, {"pi-9", "pi-10", "not an id"});
    const KnownWords known = known_words(name, settings);
    EXPECT_THAT(known.agents, ElementsAre("pi-9", "pi-10"));
    EXPECT_THAT(known.tags, ElementsAre("role=camera"));
    std::filesystem::remove_all(name);
}

TEST(Complete, AJobThatWasSentIsKnownForADay) {
    char name[] = "/tmp/pncp-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    FakeWorld fake;
    fake.world.cache_home = name;
    fake.conversation.answers = {Reply(SendReply{fake_job(), 1})};
    EXPECT_EQ(fake.run({"send", "--all", "--detach", "lslogs"}), ExitCode::ok);
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"completion", "words", "--", "job", "07"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text, "07070707\tlslogs\n");

    fake.world.wall_us = [] { return 1'000'000'000'000'000 + kKnownJobUs + 1; };
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"completion", "words", "--", "job", "07"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text, "");
    const Settings settings(cli_program().settings);
    const std::vector<std::string> words;
    remember_jobs({fake.world, settings, words}, {{std::string(32, '8'), fake.world.wall_us(), "metrics"}});
    ASSERT_EQ(known_words(name, settings).jobs.size(), 1U) << "one that is too old goes";
    std::filesystem::remove_all(name);
}

TEST(Complete, ACacheThatCannotBeWrittenDisturbsNothing) {
    FakeWorld fake;
    fake.world.cache_home = "/proc/nowhere";
    fake.conversation.answers = {Reply(AgentsReply{})};
    EXPECT_EQ(fake.run({"agents"}), ExitCode::ok);
}

}  // namespace
}  // namespace pncp::cli
