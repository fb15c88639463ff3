// Ten thousand hostile arguments: whatever the slots let through is one whole argument, begins with no '-',
// and reaches the program byte by byte; no shell ever looks at it.
#include <cstdlib>
#include <random>

#include "agent/executor/arguments.hpp"
#include "schema/program/files.hpp"
#include "tests/unit/agent/executor/process_bench.hpp"

using namespace pncp;
using namespace pncp::agent;
using namespace pncp::agent::test;

namespace {

constexpr int kArguments = 10'000;
/// Those that are started for real.
constexpr int kStarted = 150;
constexpr std::uint32_t kSeed = 20'261'122;

class HostileArguments : public Bench {
  protected:
    /// A program that prints its arguments, each ended by NUL: cat of its own command line.
    CommandSpec& dumper() {
        CommandSpec& command = program("dump", "/usr/bin/cat");
        command.output_bytes = 4'096;
        Slot any;
        any.name = "any";
        any.type = Slot::Type::pattern;
        any.pattern = "(.|[^.])+";  // the most careless pattern there is
        any.max_bytes = 1'024;
        command.slots = {any};
        command.arguments = {{{"/proc/self/cmdline", {}}}, {{"", 0}}};
        return command;
    }

    std::string hostile() {
        static const std::vector<std::string> kPieces = {"$(touch %)",
                                                         "`touch %`",
                                                         "; touch % ;",
                                                         "| touch %",
                                                         "&& touch %",
                                                         "\n touch %\n",
                                                         "> %",
                                                         "< /etc/shadow",
                                                         "--help",
                                                         "-rf",
                                                         "-",
                                                         "--",
                                                         "-c",
                                                         "--output=%",
                                                         "''",
                                                         "\"",
                                                         "\\",
                                                         "*",
                                                         "?",
                                                         "~",
                                                         "${IFS}",
                                                         "%s%n",
                                                         "{lines}",
                                                         "../../etc/passwd",
                                                         std::string(1, '\0'),
                                                         "\x1b]0;x\x07",
                                                         "\xff\xfe",
                                                         "\xe2\x80\xae",
                                                         " ",
                                                         "\t",
                                                         "=",
                                                         "@",
                                                         "A",
                                                         "é",
                                                         "#",
                                                         "!",
                                                         "(",
                                                         ")",
                                                         "{a,b}",
                                                         "\r",
                                                         "%00",
                                                         "\u2013x",
                                                         "/",
                                                         "x"};
        std::string text;
        const int pieces = std::uniform_int_distribution<int>(0, 4)(random_);
        for (int i = 0; i <= pieces; ++i) {
            std::string piece =
                kPieces[std::uniform_int_distribution<std::size_t>(0, kPieces.size() - 1)(random_)];
            if (const auto at = piece.find("touch %"); at != std::string::npos)
                piece.replace(at, 7, "touch " + canary());
            else if (piece.ends_with("%"))
                piece.replace(piece.size() - 1, 1, canary());
            text += piece;
        }
        if (std::uniform_int_distribution<int>(0, 50)(random_) == 0) text += std::string(1'100, 'x');
        return text;
    }

    [[nodiscard]] std::string canary() const { return folder_ / "canary"; }

    std::mt19937 random_{kSeed};
};

}  // namespace

TEST_F(HostileArguments, NoneBecomesAnOptionOrMoreThanOneArgument) {
    const CommandSpec command = dumper();
    int taken = 0;
    for (int i = 0; i < kArguments; ++i) {
        const std::string argument = hostile();
        const auto argv = make_argv(command, {argument});
        if (!argv) continue;
        ++taken;
        ASSERT_EQ(argv->size(), 3U);
        ASSERT_EQ(argv->back(), argument);
        ASSERT_NE(argument.front(), '-');
        ASSERT_EQ(argument.find('\0'), std::string::npos);
        ASSERT_LE(argument.size(), limits::kArgumentBytes);
        for (const char c : argument) ASSERT_GE(static_cast<unsigned char>(c), 0x20);
    }
    EXPECT_GT(taken, kArguments / 10) << "or this says nothing";
}

TEST_F(HostileArguments, StrictSlotsTakeNone) {
    CommandSpec command = dumper();
    Slot& slot = command.slots.front();
    slot.pattern = "[a-z]+\\.service";
    for (int i = 0; i < kArguments; ++i) ASSERT_FALSE(make_argv(command, {hostile()}));
    slot.type = Slot::Type::integer;
    slot.max = 100;
    for (int i = 0; i < kArguments; ++i) ASSERT_FALSE(make_argv(command, {hostile()}));
    slot.type = Slot::Type::choice;
    slot.values = {"on", "off"};
    for (int i = 0; i < kArguments; ++i) ASSERT_FALSE(make_argv(command, {hostile()}));
}

TEST_F(HostileArguments, ReachARealProgramByteByByteAndStartNoShell) {
    const CommandSpec command = dumper();
    int started = 0;
    for (int i = 0; started < kStarted && i < kArguments; ++i) {
        const std::string argument = hostile();
        if (!make_argv(command, {argument})) continue;
        ++started;
        const auto finished = run("dump", {argument});
        const std::string expected =
            std::string("/usr/bin/cat") + '\0' + "/proc/self/cmdline" + '\0' + argument + '\0';
        // What follows is a file of that name, which cat may find, such as "/" or "*".
        ASSERT_EQ(finished.out.substr(0, expected.size()), expected) << "seed " << kSeed;
    }
    EXPECT_EQ(started, kStarted);
    EXPECT_FALSE(pncp::path_exists(canary()));
}
