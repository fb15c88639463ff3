#include "schema/program/command_line.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

const Program kCli{.name = "pncp-cli",
                   .settings = {{.key = "output", .letter = 'o'}, {.key = "secret", .secret = true}},
                   .verbs = {{.name = "send",
                              .settings = {{.key = "all", .kind = Kind::flag},
                                           {.key = "to", .kind = Kind::list, .letter = 't'},
                                           {.key = "limit", .kind = Kind::integer, .letter = 'n'},
                                           {.key = "group", .kind = Kind::flag, .letter = 'b'}},
                              .stop_at_positional = true},
                             {.name = "agents", .settings = {{.key = "sort"}}, .max_positionals = 1}}};
const Program kDaemon{.name = "pncp-broker", .settings = {{.key = "feed"}}};

Result<CommandLine> parse(const Program& program, const std::vector<const char*>& words) {
    return parse_command_line(program, words);
}

std::string error_of(const Program& program, const std::vector<const char*>& words) {
    const auto line = parse(program, words);
    return line ? "" : line.error().text();
}

using Words = std::vector<std::string>;

TEST(CommandLine, SendHandsEverythingAfterTheCommandOnUntouched) {
    const auto line = parse(kCli, {"send", "--all", "lslogs", "-l", "--to", "--", "--all"});
    ASSERT_TRUE(line) << line.error().text();
    EXPECT_EQ(line->verb->name, "send");
    EXPECT_EQ(line->positionals, (Words{"lslogs", "-l", "--to", "--", "--all"}));
    ASSERT_EQ(line->given.size(), 1U);
    EXPECT_EQ(line->given[0].first->key, "all");
}

TEST(CommandLine, TwoDashesEndTheOptions) {
    const auto line = parse(kCli, {"send", "--all", "--", "--odd-command", "-l"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->positionals, (Words{"--odd-command", "-l"}));
    EXPECT_EQ(parse(kCli, {"agents", "--", "-x"})->positionals, (Words{"-x"}));
}

TEST(CommandLine, OtherVerbsTakeOptionsAfterPositionals) {
    const auto line = parse(kCli, {"agents", "pi-1", "--sort", "temp"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->positionals, (Words{"pi-1"}));
    EXPECT_EQ(line->given[0].second, "temp");
    EXPECT_EQ(error_of(kCli, {"agents", "pi-1", "pi-2"}), "unexpected word pi-2");
}

TEST(CommandLine, ProgramOptionsMayStandBeforeOrAfterTheVerb) {
    for (const auto& words : {std::vector<const char*>{"-o", "json", "send", "--to=a,b", "x"},
                              std::vector<const char*>{"send", "--output=json", "-t", "a,b", "x"},
                              std::vector<const char*>{"send", "-ojson", "-ta,b", "x"}}) {
        const auto line = parse(kCli, words);
        ASSERT_TRUE(line) << line.error().text();
        ASSERT_EQ(line->given.size(), 2U);
        EXPECT_EQ(line->given[0].second, "json");
        EXPECT_EQ(line->given[1].second, "a,b");
        EXPECT_EQ(line->positionals, (Words{"x"}));
    }
}

TEST(CommandLine, LettersCombine) {
    const auto line = parse(kCli, {"send", "-bn", "5", "x"});
    ASSERT_TRUE(line) << line.error().text();
    ASSERT_EQ(line->given.size(), 2U);
    EXPECT_EQ(line->given[0].first->key, "group");
    EXPECT_EQ(line->given[1].second, "5");
}

TEST(CommandLine, AValueMayBeginWithADash) {
    EXPECT_EQ(parse(kCli, {"send", "--limit", "-5", "x"})->given[0].second, "-5");
    EXPECT_EQ(parse(kCli, {"send", "-t", "", "x"})->given[0].second, "");
}

TEST(CommandLine, UnknownWordsComeWithASuggestion) {
    EXPECT_EQ(error_of(kCli, {"send", "--limt", "5"}), "unknown option --limt; did you mean --limit?");
    EXPECT_EQ(error_of(kCli, {"sned", "--all"}), "unknown command sned; did you mean send?");
    EXPECT_EQ(error_of(kCli, {"send", "--al\x1b[31m"}), "unknown option --al\\x1b[31m");
    EXPECT_NE(error_of(kCli, {"send", "-z"}).find("unknown option -z"), std::string::npos);
    EXPECT_EQ(error_of(kCli, {}), "which command?");
    EXPECT_EQ(error_of(kCli, {"send", "--to"}), "--to needs a value");
    EXPECT_EQ(error_of(kDaemon, {"stray"}), "unexpected word stray");
}

TEST(CommandLine, ASecretIsNoOptionAndIsNotRepeated) {
    for (const auto& words : {std::vector<const char*>{"--secret=hunter2", "send"},
                              std::vector<const char*>{"send", "--secret", "hunter2"}}) {
        const std::string error = error_of(kCli, words);
        EXPECT_NE(error.find("PNCP_SECRET"), std::string::npos) << error;
        EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
    }
}

TEST(CommandLine, HelpAndVersionNeedNoCommand) {
    EXPECT_TRUE(parse(kCli, {"--help"})->help);
    EXPECT_TRUE(parse(kCli, {"-V"})->version);
    EXPECT_TRUE(parse(kCli, {"--check-config"})->check_config);
    const auto line = parse(kCli, {"agents", "--help"});
    EXPECT_TRUE(line->help);
    EXPECT_EQ(line->verb->name, "agents");
}

}  // namespace
}  // namespace pncp
