#include "cli/log_place.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/cli/fake_world.hpp"
#include "tests/unit/schema/subscriber/fake_broker.hpp"

namespace pncp::cli {
namespace {

/// The CLI's setting, given as `where` says; "" = not at all.
Settings cli_settings(const std::string& folder = "", const std::string& where = "") {
    Settings settings(std::vector<Setting>{{.key = "state_dir", .help = "Folder."}});
    if (where.empty()) return settings;
    EXPECT_TRUE(settings.set("state_dir", folder, where).ok());
    return settings;
}

struct LogPlaceTest : ::testing::Test {
    void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
    LogPlace found(const Settings& settings = cli_settings()) {
        const auto place = log_place(settings, home, around);
        EXPECT_TRUE(place.ok());
        return place.ok() ? *place : LogPlace{};
    }
    pncp::testing::TempFolder folder;
    Surroundings around{{}, folder / "."};
    Place home{.uid = 1000, .home = "/home/anna"};
};

TEST_F(LogPlaceTest, TheLogWritersOwnSettingsSayWhereItIs) {
    write("log-writer.toml", "[log]\nfile = \"/srv/log/all.txt\"\n");
    EXPECT_EQ(found().path, "/srv/log/all.txt");
    EXPECT_NE(found().why.find("log-writer.toml:2"), std::string::npos) << found().why;
    around.environment = {{"PNCP_LOG_FILE", "/var/log/other.txt"}};
    EXPECT_EQ(found().path, "/var/log/other.txt");
    EXPECT_EQ(found().why, "log.file in PNCP_LOG_FILE");
}

TEST_F(LogPlaceTest, TheFlagOfThisCommandLineIsStronger) {
    write("log-writer.toml", "[log]\nfile = \"/srv/log/all.txt\"\n");
    EXPECT_EQ(found(cli_settings("/tmp/s", "--state-dir")).path, "/tmp/s/pncp_log.txt");
    EXPECT_EQ(found(cli_settings("/tmp/s", "cli.toml:1")).path, "/srv/log/all.txt");
}

TEST_F(LogPlaceTest, FoldersFollowEachOther) {
    EXPECT_EQ(found(cli_settings("/tmp/s", "cli.toml:1")).path, "/tmp/s/pncp_log.txt");
    write("log-writer.toml", "state_dir = \"/srv/state\"\n");
    EXPECT_EQ(found(cli_settings("/tmp/s", "cli.toml:1")).path, "/srv/state/pncp_log.txt");
}

TEST_F(LogPlaceTest, SettingsThatCannotBeReadAreSaidWithWhatToDo) {
    write("log-writer.toml", "[log\n");
    const auto place = log_place(cli_settings(), home, around);
    ASSERT_FALSE(place.ok());
    EXPECT_NE(place.error().text().find("log-writer.toml"), std::string::npos) << place.error().text();
    EXPECT_NE(place.error().text().find("name the FILE"), std::string::npos);
}

}  // namespace
}  // namespace pncp::cli
