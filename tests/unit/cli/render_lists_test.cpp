#include "cli/render_lists.hpp"

#include <gtest/gtest.h>

namespace pncp::cli {
namespace {

TEST(CliRenderLists, ClockOffsetsOfAnySizeAreShown) {
    EXPECT_EQ(clock_offset_text(0, true), "0 ms");
    EXPECT_EQ(clock_offset_text(-500, true), "0 ms");
    EXPECT_EQ(clock_offset_text(std::numeric_limits<std::int64_t>::min(), true).front(), '-');
}

TEST(CliRenderLists, CommandsTableShowsArgumentsAndHowManyOfferThem) {
    EXPECT_EQ(
        render_commands({{"disk", "Disk use.", {}, 3}, {"tail", "Last lines.", {"lines: 1..9", "file"}, 1}},
                        Style{}),
        "COMMAND  ARGUMENTS          AGENTS  HELP\n"
        "disk     -                  3       Disk use.\n"
        "tail     lines: 1..9, file  1       Last lines.\n");
}

TEST(CliRenderLists, KeysTableSaysWhoIsRevokedAndWhoIsConnected) {
    const std::string table = render_keys({{"pi-1", Role::agent, 1, false, "aa", true, 0, 1, "10.0.0.7"},
                                           {"pi-2", Role::agent, 2, true, "bb", false},
                                           {"pi-3", Role::agent, 3, false, "dd", true, 2, 2, "10.0.0.8"},
                                           {"anna", Role::operator_, 1, false, "cc", true, 0, 1, ""}},
                                          Style{});
    EXPECT_EQ(table,
              "ID    ROLE      GENERATION        STATE                           FINGERPRINT\n"
              "pi-1  agent     1                 connected from 10.0.0.7         aa\n"
              "pi-2  agent     2                 revoked                         bb\n"
              "pi-3  agent     3 (2 still good)  connected from 10.0.0.8 with 2  dd\n"
              "anna  operator  1                 connected here                  cc\n");
}

TEST(CliRenderLists, KeyFileIsShownWithoutItsKey) {
    KeyFile file;
    file.peer.id = "pi-1";
    file.key.fill(0xAB);
    file.agents = "tcp://controller:17471";
    const std::string text = render_key_file(file, "0123", Style{});
    EXPECT_EQ(text.find("abab"), std::string::npos);
    EXPECT_NE(text.find("fingerprint  0123\n"), std::string::npos);
    EXPECT_NE(text.find("agents       tcp://controller:17471\n"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
