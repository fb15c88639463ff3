#include "cli/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pncp::cli {
namespace {

TEST(CliText, DeviceOutputCannotSteerTheTerminal) {
    const std::string hostile =
        "a\tb\n\033]0;title\007\033[2J\x9b"
        "1m\rx\x7f\xc2\x9b"
        "5n";
    const std::string harmless = neutralised(hostile);
    EXPECT_EQ(harmless.substr(0, 4), "a\tb\n");
    EXPECT_TRUE(std::none_of(harmless.begin(), harmless.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return (byte < 0x20 && letter != '\n' && letter != '\t') || byte >= 0x7F;
    })) << harmless;
    EXPECT_NE(harmless.find("]0;title"), std::string::npos);
}

TEST(CliText, OrdinaryTextPassesUnchanged) {
    EXPECT_EQ(neutralised("Größe 5 °C\n\n\tπ\n"), "Größe 5 °C\n\n\tπ\n");
    EXPECT_EQ(neutralised(""), "");
    EXPECT_EQ(neutralised("\n"), "\n");
}

TEST(CliText, DurationsReadLikePeopleSayThem) {
    EXPECT_EQ(duration_text(-5), "0 ms");
    EXPECT_EQ(duration_text(850), "850 ms");
    EXPECT_EQ(duration_text(1'000), "1 s");
    EXPECT_EQ(duration_text(12'340), "12.3 s");
    EXPECT_EQ(duration_text(245'000), "4 min 5 s");
    EXPECT_EQ(duration_text(3'600'000), "1 h");
    EXPECT_EQ(duration_text(100LL * 3'600'000), "4 d 4 h");
}

TEST(CliText, TimesAgoSurviveClocksThatDisagree) {
    EXPECT_EQ(ago_text(0, 5), "never");
    EXPECT_EQ(ago_text(5'000'000, 8'500'000), "3 s ago");
    EXPECT_EQ(ago_text(9'000'000, 8'000'000), "just now");
}

TEST(CliText, UtcTimesAreExact) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(utc_text(1'000'000'000'123'456), "2001-09-09T01:46:40.123Z");
    EXPECT_EQ(utc_text(-1'000), "1969-12-31T23:59:59.999Z");
}

TEST(CliText, NamesSortByTheirNumbers) {
    std::vector<std::string> names{"pi-10", "pi-2", "pi", "a", "pi-02", "pi-2b"};
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
    EXPECT_EQ(names, (std::vector<std::string>{"a", "pi", "pi-02", "pi-2", "pi-2b", "pi-10"}));
    EXPECT_FALSE(natural_less("pi-1", "pi-1"));
    const std::vector<std::string> all{"",     "0",    "00",  "7",  "a",  "a-", "a-1", "a-01",
                                       "a-1b", "a-10", "a-9", "a1", "a:", "b",  "\xC3"};
    for (const std::string& a : all)
        for (const std::string& b : all)
            if (natural_key(a) != natural_key(b)) {
                EXPECT_EQ(natural_key(a) < natural_key(b), natural_less(a, b)) << a << " " << b;
            }
    names = {"pi-10", "pi-2", "pi-1"};
    natural_sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"pi-1", "pi-2", "pi-10"}));
}

TEST(CliText, TableColumnsLineUpWhateverTheCellsHold) {
    const std::string table = table_text({"A", "B"}, {{"ü", "x"}, {"long", "\033[2J"}, {"s", ""}}, Style{});
    EXPECT_EQ(table, "A     B\nü     x\nlong  \\x1b[2J\ns\n");
}

TEST(CliText, SoftColumnsMakeATableFit) {
    const std::string x20(20, 'x'), y40(40, 'y');
    const auto lengths = [&](std::size_t width) {
        const std::string table = table_text({"ID", "A", "B"}, {{"1", x20, y40}}, {.width = width}, {1, 2});
        const std::size_t second = table.find('\n') + 1;
        return width_of(std::string_view(table).substr(second, table.size() - second - 1));
    };
    EXPECT_EQ(lengths(0), 66U);
    EXPECT_EQ(lengths(80), 66U);
    EXPECT_EQ(lengths(50), 50U);
    EXPECT_EQ(lengths(10), 30U) << "below twelve columns nothing can be told";
    EXPECT_NE(table_text({"A", "B"}, {{x20, y40}}, {.width = 45}, {0, 1}).find(x20), std::string::npos)
        << "the widest gives first";
}

TEST(CliText, ColourIsOnlyThereWhenWanted) {
    EXPECT_EQ(coloured(Style{}, Colour::red, "x"), "x");
    EXPECT_EQ(coloured(Style{.colour = true}, Colour::red, "x"), "\033[31mx\033[0m");
}

}  // namespace
}  // namespace pncp::cli
