#include "schema/program/escape.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

TEST(Escape, PrintableTextOfAnyScriptPasses) {
    for (const char* text : {"plain text", "Grüße 温度 42 °C 🌡", "C:\\path", ""})
        EXPECT_EQ(escape_controls(text), text);
}

TEST(Escape, ControlCharactersBecomeVisible) {
    EXPECT_EQ(escape_controls("a\nb\r\tc"), "a\\nb\\r\\tc");
    EXPECT_EQ(escape_controls("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
    EXPECT_EQ(escape_controls(std::string_view("\0", 1)), "\\x00");
    EXPECT_EQ(escape_controls("\xc2\x9b"
                              "31m"),
              "\\xc2\\x9b31m");
}

TEST(Escape, MarksThatReverseOrBreakLinesBecomeVisible) {
    EXPECT_EQ(escape_controls("\u202E"), "\\xe2\\x80\\xae");
    EXPECT_EQ(escape_controls("\u2028"), "\\xe2\\x80\\xa8");
    EXPECT_EQ(escape_controls("\u2066"), "\\xe2\\x81\\xa6");
}

TEST(Escape, BytesThatAreNotUtf8BecomeVisible) {
    EXPECT_EQ(escape_controls("\xff"), "\\xff");
    EXPECT_EQ(escape_controls("\xc0\xaf"), "\\xc0\\xaf");           // overlong
    EXPECT_EQ(escape_controls("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
    EXPECT_EQ(escape_controls("\xe2\x82"), "\\xe2\\x82");           // cut short
    EXPECT_EQ(escape_controls("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Escape, EveryByteComesOutPrintableAndEscapingTwiceChangesNothing) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string once = escape_controls(std::string(1, static_cast<char>(byte)));
        for (const char letter : once) EXPECT_TRUE(letter >= 0x20 && letter < 0x7f) << byte;
        EXPECT_EQ(escape_controls(once), once);
    }
}

}  // namespace
}  // namespace pncp
