#include "schema/program/quantity.hpp"

#include <gtest/gtest.h>

namespace pncp {
namespace {

TEST(Quantity, DurationsTakeEveryUnit) {
    EXPECT_EQ(*parse_duration_ms("100ms"), 100);
    EXPECT_EQ(*parse_duration_ms("10s"), 10'000);
    EXPECT_EQ(*parse_duration_ms("2m"), 120'000);
    EXPECT_EQ(*parse_duration_ms("1h"), 3'600'000);
    EXPECT_EQ(*parse_duration_ms("1d"), 86'400'000);
    EXPECT_EQ(*parse_duration_ms("1w"), 604'800'000);
    EXPECT_EQ(*parse_duration_ms("0"), 0);
    EXPECT_EQ(*parse_duration_ms("0s"), 0);
}

TEST(Quantity, ADurationWithoutUnitOrSenseIsRefused) {
    for (const char* text :
         {"", "10", "s", "-1s", "-0s", "1.5s", "10 s", "10S", "10sec", "1h30m", "+1s", " 1s", "1s "}) {
        EXPECT_FALSE(parse_duration_ms(text)) << text;
    }
    EXPECT_NE(parse_duration_ms("10").error().message.find("10s"), std::string::npos);
}

TEST(Quantity, ADurationThatOverflowsIsTooLarge) {
    EXPECT_EQ(parse_duration_ms("99999999999999999999s").error().message, "is too large");
    EXPECT_EQ(parse_duration_ms("9223372036854775807s").error().message, "is too large");
    EXPECT_EQ(parse_duration_ms("15250284453w").error().message, "is too large");
    EXPECT_EQ(*parse_duration_ms("15250284452w"), 15'250'284'452LL * 604'800'000LL);
    EXPECT_EQ(*parse_duration_ms("9223372036854775807ms"), INT64_MAX);
}

TEST(Quantity, SizesTakeDecimalAndBinaryUnits) {
    EXPECT_EQ(*parse_size_bytes("4096"), 4096);
    EXPECT_EQ(*parse_size_bytes("7B"), 7);
    EXPECT_EQ(*parse_size_bytes("10MB"), 10'000'000);
    EXPECT_EQ(*parse_size_bytes("64KiB"), 65'536);
    EXPECT_EQ(*parse_size_bytes("64kib"), 65'536);
    EXPECT_EQ(*parse_size_bytes("1kB"), 1000);
    EXPECT_EQ(*parse_size_bytes("2GiB"), 2LL << 30);
    EXPECT_EQ(*parse_size_bytes("1TiB"), 1LL << 40);
}

TEST(Quantity, AnAmbiguousOrOverflowingSizeIsRefused) {
    for (const char* text : {"", "64K", "1.5MB", "-1", "KiB", "1 MB", "0x10"})
        EXPECT_FALSE(parse_size_bytes(text)) << text;
    EXPECT_EQ(parse_size_bytes("9223372036854775807KiB").error().message, "is too large");
    EXPECT_EQ(parse_size_bytes("8388608TiB").error().message, "is too large");
    EXPECT_TRUE(parse_size_bytes("8388607TiB"));
}

TEST(Quantity, NumbersAreWholeTextsAndFinite) {
    EXPECT_EQ(*parse_integer("-42"), -42);
    EXPECT_FALSE(parse_integer("42x"));
    EXPECT_FALSE(parse_integer(""));
    EXPECT_EQ(parse_integer("9223372036854775808").error().message, "is too large");
    EXPECT_DOUBLE_EQ(*parse_number("0.25"), 0.25);
    for (const char* text : {"", "nan", "inf", "-inf", "1e999", "1,5"})
        EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Quantity, FlagsAreYesOrNoInFourSpellings) {
    for (const char* text : {"true", "yes", "on", "1"}) EXPECT_TRUE(*parse_flag(text));
    for (const char* text : {"false", "no", "off", "0"}) EXPECT_FALSE(*parse_flag(text));
    EXPECT_FALSE(parse_flag("TRUE?"));
    EXPECT_FALSE(parse_flag(""));
}

}  // namespace
}  // namespace pncp
