#include <gtest/gtest.h>

#include "cli/render_lists.hpp"

namespace pncp::cli {
namespace {

TEST(CliStatus, ConsumersHaveATableOfTheirOwn) {
    const std::string text = render_status({{"journal.head", "812"},
                                            {"cursor.log-writer", "800"},
                                            {"lag.log-writer", "12"},
                                            {"silent_s.log-writer", "3"},
                                            {"holds.log-writer", "yes"},
                                            {"gaps.spool full", "2"}},
                                           {});
    EXPECT_NE(text.find("journal.head     812\n"), std::string::npos) << text;
    EXPECT_NE(text.find("gaps.spool full  2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("log-writer  800     12   3 s ago     yes           -             -\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("cursor."), std::string::npos);
}

TEST(CliStatus, AConsumersTroubleIsAConcernAndCanForgeNoLine) {
    EXPECT_EQ(status_concerns({{"error.bridge", ""}, {"dead_letters.bridge", "0"}}), "");
    EXPECT_EQ(status_concerns({{"error.bridge", "401\nall is well"}}),
              "bridge does not get on: 401\\nall is well\n");
}

TEST(CliStatus, WithoutConsumersThereIsOneTable) {
    EXPECT_EQ(render_status({{"journal.head", "812"}}, {}).find("CONSUMER"), std::string::npos);
}

TEST(CliStatus, OnlyWhatIsWrongIsAConcern) {
    EXPECT_EQ(status_concerns({{"journal.disk_full", "no"},
                               {"journal.takes_metrics", "yes"},
                               {"journal.last_error", ""},
                               {"journal.deleted_unread", "0"},
                               {"journal.not_kept", "0"},
                               {"journal.lost_tail", "0"}}),
              "");
    EXPECT_NE(status_concerns({{"journal.disk_full", "yes"}, {"journal.takes_metrics", "no"}}).find("disk"),
              std::string::npos);
    EXPECT_NE(status_concerns({{"journal.deleted_unread", "7"}}).find("size limit"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
