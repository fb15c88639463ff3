#include "agent/executor/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/arguments.hpp"

using namespace pncp::agent;
using testing::HasSubstr;

namespace {

const std::vector<std::string> kReserved{"disk", "uptime"};

auto parse(const std::string& text) { return parse_catalogue(text, "c.toml", kReserved); }

/// The error of a file that must not be taken.
std::string error_of(const std::string& text) {
    const auto commands = parse(text);
    EXPECT_FALSE(commands) << text;
    return commands ? "" : commands.error().text();
}

/// A good command with `more` lines in its own table.
std::string with(const std::string& more) {
    return "[tail]\nhelp = 'h'\npath = '/usr/bin/tail'\n" + more + "\n";
}

/// A good command whose one slot has `more` lines.
std::string with_slot(const std::string& more) {
    return with("arguments = ['{s}']\n[[tail.slot]]\nname = 's'\n" + more);
}

constexpr const char* kFull = R"(
[journal-tail]
help = "Last lines of a unit"
path = "/usr/bin/journalctl"
arguments = ["--no-pager", "--lines={lines}", "--unit={unit}", "{{x}}"]
timeout = "10s"
output = "32KiB"
memory = "256MiB"
tags = ["read", "logs"]
[[journal-tail.slot]]
name = "lines"
type = "int"
min = 1
max = 1000
[[journal-tail.slot]]
name = "unit"
type = "enum"
values = ["ssh", "cron"]

[unlock]
help = "Opens the door"
path = "/opt/unlock"
arguments = ["{pin}"]
enabled = false
[[unlock.slot]]
name = "pin"
type = "regex"
pattern = '[0-9]{4}'
secret = true
)";

}  // namespace

TEST(Catalogue, AFileHoldsAnyNumberOfCommands) {
    const auto commands = parse(kFull);
    ASSERT_TRUE(commands) << commands.error().text();
    ASSERT_EQ(commands->size(), 2U);
    const CommandSpec& tail = commands->front();
    EXPECT_EQ(tail.name, "journal-tail");
    EXPECT_EQ(tail.path, "/usr/bin/journalctl");
    EXPECT_EQ(tail.timeout_ms, 10'000);
    EXPECT_EQ(tail.output_bytes, 32U * 1024);
    EXPECT_EQ(tail.memory_bytes, 256 * 1024 * 1024);
    EXPECT_TRUE(tail.enabled);
    EXPECT_EQ(*make_argv(tail, {"5", "ssh"}), (std::vector<std::string>{"/usr/bin/journalctl", "--no-pager",
                                                                        "--lines=5", "--unit=ssh", "{x}"}));
    EXPECT_FALSE(commands->back().enabled);
    EXPECT_TRUE(commands->back().slots.front().secret);
}

TEST(Catalogue, WhatIsLeftOutHasTheProtocolsLimits) {
    const auto commands = parse(with(""));
    ASSERT_TRUE(commands) << commands.error().text();
    EXPECT_EQ(commands->front().timeout_ms, 30'000);
    EXPECT_EQ(commands->front().output_bytes, 64U * 1024);
    EXPECT_EQ(*make_argv(commands->front(), {}), std::vector<std::string>{"/usr/bin/tail"});
}

TEST(Catalogue, TheBrokerIsToldTypesTagsAndWhichAreSecret) {
    const auto commands = parse(kFull);
    ASSERT_TRUE(commands);
    const auto tail = describe(commands->front());
    EXPECT_EQ(tail.help, "Last lines of a unit");
    EXPECT_EQ(tail.tags, (std::vector<std::string>{"read", "logs"}));
    EXPECT_EQ(tail.arguments, (std::vector<std::string>{"lines: 1..1000", "unit: ssh|cron"}));
    EXPECT_EQ(describe(commands->back()).arguments, std::vector<std::string>{"pin: /[0-9]{4}/ (secret)"});
}

TEST(Catalogue, AnUnknownKeyIsAnErrorWithLineAndSuggestion) {
    EXPECT_THAT(error_of(with("argments = []")),
                HasSubstr("c.toml:4: [tail] has no key argments; did you mean arguments?"));
    EXPECT_THAT(error_of(with("") + "time_out = '1s'"), HasSubstr("did you mean timeout?"));
    EXPECT_THAT(error_of(with_slot("type = 'int'\nmn = 1")), HasSubstr("has no key mn; did you mean min?"));
    EXPECT_THAT(error_of("path = '/x'"), HasSubstr("stands outside"));
    EXPECT_THAT(error_of("[tail]\n"), HasSubstr("begin with [NAME]"));
    EXPECT_THAT(error_of("[tail"), HasSubstr("c.toml:1"));
}

TEST(Catalogue, ANameIsACommandsAndNobodyElses) {
    for (const char* taken : {"uptime", "disk", "cpu", "agent_status", "pncp", "pi_power"})
        EXPECT_THAT(error_of(std::string("[") + taken + "]\nhelp='h'\npath='/x'"), HasSubstr("is taken"));
    for (const char* bad : {"Tail", "9tail", "'a b'", "'-x'", "abcdefghijklmnopqrstuvwxyz0123456789"})
        EXPECT_THAT(error_of(std::string("[") + bad + "]\nhelp='h'\npath='/x'"), HasSubstr("command's name"))
            << bad;
}

TEST(Catalogue, ThePathIsAbsoluteAndNoShell) {
    EXPECT_THAT(error_of("[a]\nhelp='h'\npath='tail'"), HasSubstr("must be absolute"));
    EXPECT_THAT(error_of("[a]\nhelp='h'\npath='/usr/bin/'"), HasSubstr("a folder"));
    for (const char* shell : {"/bin/sh", "/usr/bin/bash", "/usr/bin/dash", "/bin/busybox"})
        EXPECT_THAT(error_of("[a]\nhelp='h'\npath='" + std::string(shell) + "'"), HasSubstr("is a shell"));
    for (const char* launcher : {"/usr/bin/env", "/usr/bin/sudo", "/usr/bin/xargs"})
        EXPECT_THAT(error_of("[a]\nhelp='h'\npath='" + std::string(launcher) + "'"),
                    HasSubstr("name that program"));
    EXPECT_THAT(error_of("[a]\nhelp='h'"), HasSubstr("needs path"));
    EXPECT_THAT(error_of("[a]\npath='/x'"), HasSubstr("needs help"));
}

TEST(Catalogue, ValuesOfAnotherTypeOrOutOfBoundsAreErrors) {
    EXPECT_THAT(error_of(with("timeout = 10")), HasSubstr("timeout must be a text in quotes"));
    EXPECT_THAT(error_of(with("timeout = '10'")), HasSubstr("timeout"));
    EXPECT_THAT(error_of(with("timeout = '25h'")), HasSubstr("between 100ms and 24h"));
    EXPECT_THAT(error_of(with("output = '1MiB'")), HasSubstr("between 256B and 64KiB"));
    EXPECT_THAT(error_of(with("memory = '1MiB'")), HasSubstr("16MiB"));
    EXPECT_THAT(error_of(with("enabled = 'yes'")), HasSubstr("true or false"));
    EXPECT_THAT(error_of(with("tags = ['A B']")), HasSubstr("a tag is"));
    EXPECT_THAT(error_of(with("arguments = '-q'")), HasSubstr("a list of texts"));
    EXPECT_THAT(error_of(with("arguments = ['a', '']")), HasSubstr("must not be empty"));
    EXPECT_THAT(error_of(with("arguments = [\"a\\nb\"]")), HasSubstr("control character"));
    EXPECT_THAT(error_of("[a]\nhelp=\"a\\u001b\"\npath='/x'"), HasSubstr("control character"));
}

TEST(Catalogue, SlotsAreComplete) {
    EXPECT_THAT(error_of(with_slot("type = 'int'\nmin = 1")), HasSubstr("needs max"));
    EXPECT_THAT(error_of(with_slot("type = 'int'\nmin = 2\nmax = 1")), HasSubstr("min above max"));
    EXPECT_THAT(error_of(with_slot("type = 'int'\nmin = -1\nmax = 1")), HasSubstr("never begins with '-'"));
    EXPECT_THAT(error_of(with_slot("type = 'enum'")), HasSubstr("needs values"));
    EXPECT_THAT(error_of(with_slot("type = 'enum'\nvalues = ['-x']")), HasSubstr("never begins with '-'"));
    EXPECT_THAT(error_of(with_slot("type = 'regex'")), HasSubstr("needs pattern"));
    EXPECT_THAT(error_of(with_slot("type = 'regex'\npattern = '['")), HasSubstr("pattern is not a POSIX"));
    EXPECT_THAT(error_of(with_slot("type = 'regex'\npattern = 'a'\nmin = 1")),
                HasSubstr("which is for type = \"int\""));
    EXPECT_THAT(error_of(with_slot("type = 'text'")), HasSubstr("int, enum or regex"));
    EXPECT_THAT(error_of(with_slot("")), HasSubstr("has no type"));
    EXPECT_THAT(error_of(with("arguments = ['{s}']\n[[tail.slot]]\ntype = 'int'\nmin=1\nmax=2")),
                HasSubstr("has no name"));
}

TEST(Catalogue, EverySlotStandsInOneArgumentOnce) {
    const std::string slot = "\n[[tail.slot]]\nname = 'lines'\ntype = 'int'\nmin = 1\nmax = 2";
    EXPECT_TRUE(parse(with("arguments = ['-n{lines}']" + slot)));
    EXPECT_THAT(error_of(with("arguments = []" + slot)), HasSubstr("lines is in no argument"));
    EXPECT_THAT(error_of(with("arguments = ['{lines}', '{lines}']" + slot)), HasSubstr("more than one"));
    EXPECT_THAT(error_of(with("arguments = ['{line}']" + slot)),
                HasSubstr("names no slot; did you mean lines?"));
    EXPECT_THAT(error_of(with("arguments = ['{lines']" + slot)), HasSubstr("single brace"));
    EXPECT_THAT(error_of(with("arguments = ['}']")), HasSubstr("single brace"));
    EXPECT_THAT(error_of(with("arguments = ['{lines}']" + slot + slot)), HasSubstr("is there twice"));
}

TEST(Catalogue, AnOperatorNeverNamesAnOption) {
    const std::string slot = "\n[[tail.slot]]\nname = 'o'\ntype = 'enum'\nvalues = ['f']";
    for (const char* argument : {"-{o}", "--{o}"})
        EXPECT_THAT(error_of(with("arguments = ['" + std::string(argument) + "']" + slot)),
                    HasSubstr("name an option"));
}

TEST(Catalogue, HostileTextsAreErrorsAndNothingElse) {
    for (const char* text : {"[a]\nslot = [{}]", "[a]\nslot = [1]", "[a.slot]\nname='x'", "[a]\n'slot[0'='x'",
                             "[a]\n'slot[0].name'='x'", "[a]\n'slot[99999999999999999999].name'='x'",
                             "[a]\n'slot[7].name'='x'", "a = 1", "[[a]]\npath='/x'", "['']\npath='/x'",
                             "[a]\n''='x'", "[a]\npath = 1979-05-27", "[a]\n\"\\u0000\" = 1"})
        EXPECT_FALSE(parse(text)) << text;
}

TEST(Catalogue, MoreThanTheBrokerTakesIsRefused) {
    std::string many;
    for (int i = 0; i < 257; ++i) many += "[c" + std::to_string(i) + "]\nhelp='h'\npath='/x'\n";
    EXPECT_THAT(error_of(many), HasSubstr("more than 256 commands"));
    std::string slots = with("arguments = []");
    for (int i = 0; i < 34; ++i)
        slots += "[[tail.slot]]\nname = 's" + std::to_string(i) + "'\ntype='int'\nmin=0\nmax=1\n";
    EXPECT_THAT(error_of(slots), HasSubstr("more than 32"));
}
