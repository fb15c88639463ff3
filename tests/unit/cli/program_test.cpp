#include "cli/program.hpp"

#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

TEST(CliProgram, TableIsSound) { EXPECT_NO_THROW(verify_table(cli_program())); }

TEST(CliProgram, EveryVerbHasHelpWithAnExample) {
    for (const Verb& verb : cli_program().verbs) {
        FakeWorld by_option;
        FakeWorld by_verb;
        EXPECT_EQ(by_option.run({verb.name.c_str(), "--help"}), ExitCode::ok);
        EXPECT_EQ(by_verb.run({"help", verb.name.c_str()}), ExitCode::ok);
        EXPECT_NE(by_option.console.out_text.find("Example"), std::string::npos) << verb.name;
        EXPECT_NE(by_option.console.out_text.find("  pncp-cli " + verb.name), std::string::npos) << verb.name;
        EXPECT_EQ(by_option.console.out_text, by_verb.console.out_text);
    }
}

TEST(CliProgram, HelpAndVersionAreThere) {
    FakeWorld fake;
    EXPECT_EQ(fake.run({"help"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("130"), std::string::npos);
    EXPECT_EQ(fake.run({"--version"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("pncp-cli 0."), std::string::npos);
    EXPECT_EQ(fake.run({"help", "agnets"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("did you mean agents?"), std::string::npos);
    EXPECT_EQ(fake.run({}), ExitCode::usage);
}

TEST(CliProgram, AMistakeLeadsToTheHelpOfItsVerb) {
    FakeWorld fake;
    EXPECT_EQ(fake.run({"agents", "--srot", "temp"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("did you mean --sort?\nTry 'pncp-cli agents --help'."),
              std::string::npos)
        << fake.console.err_text;
    EXPECT_EQ(fake.run({"reboot"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("pncp-cli send --all reboot"), std::string::npos)
        << fake.console.err_text;
}

TEST(CliProgram, ColourFollowsTheOptionThenNoColorThenTheTerminal) {
    struct Case {
        const char* color;
        bool terminal;
        bool no_color;
        bool coloured;
    };
    for (const Case each :
         {Case{"auto", true, false, true}, Case{"auto", true, true, false}, Case{"auto", false, false, false},
          Case{"always", false, true, true}, Case{"never", true, false, false}}) {
        FakeWorld fake;
        fake.console.terminal = each.terminal;
        fake.world.no_color = each.no_color;
        fake.conversation.answers = {Reply(StatusReply{{{"a", "b"}}})};
        EXPECT_EQ(fake.run({"status", "--color", each.color}), ExitCode::ok);
        EXPECT_EQ(fake.console.out_text.find('\033') != std::string::npos, each.coloured) << each.color;
    }
}

TEST(CliProgram, LostStandardOutputIsNoSuccess) {
    FakeWorld fake;
    fake.console.broken = true;
    fake.conversation.answers = {Reply(StatusReply{})};
    EXPECT_EQ(fake.run({"status"}), ExitCode::unavailable);
}

}  // namespace
}  // namespace pncp::cli
