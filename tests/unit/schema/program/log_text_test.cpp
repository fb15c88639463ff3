#include <gtest/gtest.h>

#include "schema/program/log.hpp"

namespace pncp::log {
namespace {

TEST(Cat, JoinsTextsNumbersAndBooleans) {
    const std::string name = "pi-1";
    EXPECT_EQ(
        cat("agent ", name, ' ', std::string_view("sent "), 3, " of ", 7UL, ", ", -1, " ok=", true, " ", 0.5),
        "agent pi-1 sent 3 of 7, -1 ok=true 0.5");
    EXPECT_EQ(cat(), "");
    EXPECT_EQ(cat(std::uint8_t{7}, " ", INT64_MIN, " ", UINT64_MAX),
              "7 -9223372036854775808 18446744073709551615");
}

TEST(LogTime, IsIso8601InMilliseconds) {
    EXPECT_EQ(detail::iso_utc_ms(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(detail::iso_utc_ms(951'782'400'000'000), "2000-02-29T00:00:00.000Z");
    EXPECT_EQ(detail::iso_utc_ms(1'767'225'599'999'999), "2025-12-31T23:59:59.999Z");
    EXPECT_EQ(detail::iso_utc_ms(4'107'542'400'000'000), "2100-03-01T00:00:00.000Z");
    EXPECT_EQ(detail::iso_utc_ms(-1000), "1969-12-31T23:59:59.999Z");
}

TEST(LogLevel, NamesGoBothWays) {
    for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
        EXPECT_EQ(parse_level(level_name(level)), level);
    }
    EXPECT_EQ(parse_level("loud"), std::nullopt);
}

TEST(Journal, IsRecognisedOnlyIfStderrIsTheStreamItNames) {
    EXPECT_TRUE(detail::stderr_is_journal("8:12345", 8, 12345));
    EXPECT_FALSE(detail::stderr_is_journal("8:12345", 8, 12346));
    EXPECT_FALSE(detail::stderr_is_journal("8:123456", 8, 12345));
    EXPECT_FALSE(detail::stderr_is_journal("", 8, 12345));
    EXPECT_FALSE(detail::stderr_is_journal(nullptr, 8, 12345));
}

TEST(Every, LetsOneThroughPerIntervalAndCountsTheRest) {
    Every every(1000);
    EXPECT_EQ(every.allow(5000), 0U);
    EXPECT_EQ(every.allow(5001), std::nullopt);
    EXPECT_EQ(every.allow(5999), std::nullopt);
    EXPECT_EQ(every.allow(6000), 2U);
    EXPECT_EQ(every.allow(6001), std::nullopt);
    EXPECT_EQ(every.allow(60'000), 1U);
    EXPECT_EQ(every.allow(120'000), 0U);
}

}  // namespace
}  // namespace pncp::log
