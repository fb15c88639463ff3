#include "agent/sampler/text.hpp"

#include <gtest/gtest.h>

namespace pncp::proc {

TEST(SamplerText, ALineWithoutItsNewlineIsNotALine) {
    std::string_view text = "one\n\ntwo";
    EXPECT_EQ(next_line(text), "one");
    EXPECT_EQ(next_line(text), "");
    EXPECT_EQ(next_line(text), std::nullopt);
    EXPECT_EQ(text, "two");
}

TEST(SamplerText, WordsAreSplitAtBlanksAndTabs) {
    std::string_view line = "  MemTotal:\t 12  kB ";
    EXPECT_EQ(next_word(line), "MemTotal:");
    EXPECT_EQ(next_word(line), "12");
    EXPECT_EQ(next_word(line), "kB");
    EXPECT_EQ(next_word(line), "");
    EXPECT_EQ(next_word(line), "");
}

TEST(SamplerText, NumbersAreWholeWordsInRange) {
    EXPECT_EQ(to_unsigned("18446744073709551615"), 18446744073709551615ULL);
    EXPECT_EQ(to_unsigned("18446744073709551616"), std::nullopt);
    for (const auto* bad : {"", "-1", "+1", "1x", " 1", "0x10", "1.0"})
        EXPECT_EQ(to_unsigned(bad), std::nullopt) << bad;
    EXPECT_EQ(to_integer("-274000"), -274000);
    EXPECT_EQ(to_integer("9223372036854775808"), std::nullopt);
    EXPECT_EQ(to_fraction("0.25"), 0.25);
    for (const auto* bad : {"", "nan", "inf", "-0.5", "1,5", "1e999"})
        EXPECT_EQ(to_fraction(bad), std::nullopt) << bad;
}

TEST(SamplerText, OnlyTrueUtf8CountsAsUtf8) {
    EXPECT_EQ(utf8_length("a"), 1U);
    EXPECT_EQ(utf8_length("\xC3\xA9"), 2U);
    EXPECT_EQ(utf8_length("\xE2\x82\xAC"), 3U);
    EXPECT_EQ(utf8_length("\xF0\x9F\x98\x80"), 4U);
    for (const auto* bad :
         {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
        EXPECT_EQ(utf8_length(bad), 0U);
    EXPECT_EQ(utf8_length(""), 0U);
}

TEST(SamplerText, ControlCharactersAndStrayBytesBecomeVisible) {
    EXPECT_EQ(visible_text("eth0"), "eth0");
    EXPECT_EQ(visible_text("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
    EXPECT_EQ(visible_text("\xC3\xA9\xFF\x7F"), "\xC3\xA9\\xff\\x7f");
    EXPECT_EQ(visible_text("\xC2\x9B"), "\\xc2\\x9b");
}

}  // namespace pncp::proc
