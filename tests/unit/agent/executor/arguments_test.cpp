#include "agent/executor/arguments.hpp"

#include <gtest/gtest.h>

using namespace pncp::agent;

namespace {

Slot integer(std::int64_t min, std::int64_t max) {
    Slot slot;
    slot.name = "lines";
    slot.min = min;
    slot.max = max;
    return slot;
}

Slot choice(std::vector<std::string> values) {
    Slot slot;
    slot.name = "unit";
    slot.type = Slot::Type::choice;
    slot.values = std::move(values);
    return slot;
}

Slot regex(std::string pattern) {
    Slot slot;
    slot.name = "word";
    slot.type = Slot::Type::pattern;
    slot.pattern = std::move(pattern);
    return slot;
}

CommandSpec command() {
    CommandSpec spec;
    spec.name = "tail";
    spec.path = "/usr/bin/tail";
    spec.slots = {integer(1, 1'000), choice({"ssh", "cron"})};
    spec.arguments = {
        {{"-q", std::nullopt}}, {{"--unit=", std::nullopt}, {"", 1}, {".service", std::nullopt}}, {{"", 0}}};
    return spec;
}

TEST(Arguments, ASecretIsTakenOutOfWhatTheProgramRepeats) {
    CommandSpec spec = command();
    spec.slots = {regex("[a-z]+"), regex("[a-z]+"), regex("[a-z]+")};
    spec.slots[0].secret = spec.slots[2].secret = true;
    const auto secrets = secret_values(spec, {"open", "known", "openthedoor"});
    EXPECT_EQ(secrets, (std::vector<std::string>{"openthedoor", "open"})) << "the longest first";
    std::string text = "openthedoor: no such file; tried open, known; opentheboor";
    redact(text, secrets);
    EXPECT_EQ(text, "********: no such file; tried ****, known; ****theboor");
    std::string cut = "the output ends in openthed";
    redact(cut, secrets);
    EXPECT_EQ(cut, "the output ends in ********");
    std::string none = "ope";
    redact(none, secrets);
    EXPECT_EQ(none, "ope");
}

}  // namespace

TEST(Arguments, EachSlotStandsWhereTheCatalogueSays) {
    const auto argv = make_argv(command(), {"10", "ssh"});
    ASSERT_TRUE(argv) << argv.error().text();
    EXPECT_EQ(*argv, (std::vector<std::string>{"/usr/bin/tail", "-q", "--unit=ssh.service", "10"}));
}

TEST(Arguments, TooFewAndTooManyAreRefusedWithTheNames) {
    for (const auto& given : {std::vector<std::string>{}, {"1"}, {"1", "ssh", "more"}}) {
        const auto argv = make_argv(command(), given);
        ASSERT_FALSE(argv);
        EXPECT_EQ(argv.error().message,
                  "tail takes 2 arguments: lines unit, and was given " + std::to_string(given.size()));
    }
    CommandSpec plain;
    plain.name = "reboot";
    EXPECT_EQ(make_argv(plain, {"now"}).error().message, "reboot takes no arguments, and was given 1");
}

TEST(Arguments, ANumberIsSpeltOneWayAndInRange) {
    for (const char* good : {"1", "10", "1000"}) EXPECT_TRUE(check_value(integer(1, 1'000), good)) << good;
    for (const char* bad : {"0", "1001", "-1", "+1", "01", "1 ", " 1", "1.0", "1e2", "0x10", "", "ten",
                            "99999999999999999999", "10\n"})
        EXPECT_FALSE(check_value(integer(1, 1'000), bad)) << bad;
    EXPECT_TRUE(check_value(integer(0, 0), "0"));
}

TEST(Arguments, AChoiceIsTakenLetterByLetter) {
    EXPECT_TRUE(check_value(choice({"on", "off"}), "on"));
    for (const char* bad : {"On", "o", "onn", "on ", "off,on"})
        EXPECT_FALSE(check_value(choice({"on", "off"}), bad)) << bad;
    EXPECT_FALSE(check_value(choice({"on", "off"}), std::string("on\0", 3)));
}

TEST(Arguments, EvenAPatternThatAllowsAllAllowsNoOptionNoNulAndNoControlCharacter) {
    const Slot all = regex("(.|[^.])*");
    EXPECT_TRUE(check_value(all, "$(reboot); `reboot` | && > <"));
    for (const auto& bad :
         {std::string("-rf"), std::string("--help"), std::string("-"), std::string("a\0b", 3),
          std::string("a\nb"), std::string("\x1b[2J"), std::string("\x7f"), std::string()})
        EXPECT_FALSE(check_value(all, bad));
}

TEST(Arguments, AValueEndsAtTheSlotsLimitAndAtThatOfAllArguments) {
    Slot slot = regex("a*");
    slot.max_bytes = 4;
    EXPECT_TRUE(check_value(slot, "aaaa"));
    EXPECT_FALSE(check_value(slot, "aaaaa"));
    slot.max_bytes = 1'024;
    EXPECT_TRUE(check_value(slot, std::string(1'024, 'a')));
    EXPECT_FALSE(check_value(slot, std::string(1'025, 'a')));
}

TEST(Arguments, ARefusalShowsTheValueUnlessItIsSecret) {
    CommandSpec spec = command();
    EXPECT_EQ(make_argv(spec, {"10", "sshd\x1b"}).error().message,
              "tail: argument 2 (unit): 'sshd\\x1b' holds a control character");
    spec.slots[1].secret = true;
    EXPECT_EQ(make_argv(spec, {"10", "hunter2"}).error().message,
              "tail: argument 2 (unit): the value must be one of ssh, cron");
}
