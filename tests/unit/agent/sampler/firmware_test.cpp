#include "agent/sampler/firmware.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/sampler/temp_tree.hpp"

namespace pncp {

TEST(Firmware, AnswersAreRead) {
    EXPECT_EQ(parse_throttled("throttled=0x50005"), 0x50005U);
    EXPECT_EQ(parse_throttled("throttled=0x0\n"), 0U);
    EXPECT_EQ(parse_volts("volt=0.8563V"), 0.8563);
    EXPECT_EQ(parse_hertz("frequency(48)=1500398464"), 1'500'398'464);
}

TEST(Firmware, AnAnswerThatIsNoneIsAbsent) {
    for (const auto* text : {"", "throttled=", "throttled=0x", "throttled=5", "throttled=0xZZ",
                             "throttled=0x123456789", "error=1 error_msg=\"Command not registered\"",
                             "throttled=0x5 "
                             "x"})
        EXPECT_FALSE(parse_throttled(text)) << text;
    for (const auto* text : {"", "volt=V", "volt=0.85", "volt=-1V", "volt=nanV", "volt=1000V", "0.85V"})
        EXPECT_FALSE(parse_volts(text)) << text;
    for (const auto* text :
         {"", "frequency(48)=0", "frequency(48)", "frequency(48)=-1", "clock(1)=5", "frequency(48)=x"})
        EXPECT_FALSE(parse_hertz(text)) << text;
}

TEST(Firmware, WithoutTheDeviceFileNobodyAnswers) {
    const test::TempTree tree;
    FirmwareMailbox mailbox{tree.path()};
    EXPECT_FALSE(mailbox.ask("get_throttled"));
}

TEST(Firmware, AFileThatIsNoDeviceGivesNoAnswerAndIsOpenedAnew) {
    const test::TempTree tree;
    tree.write("dev/vcio", "throttled=0x0");
    FirmwareMailbox mailbox{tree.path()};
    EXPECT_FALSE(mailbox.ask("get_throttled"));
    EXPECT_FALSE(mailbox.ask("get_throttled"));
    EXPECT_FALSE(mailbox.ask(std::string(2'000, 'x').c_str())) << "longer than a message";
}

}  // namespace pncp
