#include "schema/program/run_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp {
namespace {

using testing::HasSubstr;

TEST(RunDir, RootAndServicesUseTheSystemsFolder) {
    EXPECT_EQ(choose_run_dir({.uid = 0, .xdg_runtime_dir = "/run/user/0"}), "/run/pncp");
    EXPECT_EQ(choose_run_dir({.uid = 990, .system_run_writable = true}), "/run/pncp");
}

TEST(RunDir, AUserHasTheirOwn) {
    EXPECT_EQ(choose_run_dir({.uid = 1000, .xdg_runtime_dir = "/run/user/1000"}), "/run/user/1000/pncp");
    EXPECT_EQ(choose_run_dir({.uid = 1000}), "/tmp/pncp-1000");
    EXPECT_EQ(choose_run_dir({.uid = 1000, .xdg_runtime_dir = "relative", .tmpdir = "/var/tmp"}),
              "/var/tmp/pncp-1000");
}

TEST(RunDir, AFolderThatSomebodyPreparedInTheTemporaryFolderIsRefused) {
    const test::TemporaryFolder folder;
    const Place place{.uid = 1000, .tmpdir = folder.path()};
    ASSERT_EQ(mkdir((folder / "pncp-1000").c_str(), 0700), 0);
    chmod((folder / "pncp-1000").c_str(), 0777);
    EXPECT_THAT(prepare_run_dir(place).error().text(), HasSubstr("open to others"));
    chmod((folder / "pncp-1000").c_str(), 0700);
    EXPECT_EQ(*prepare_run_dir(place), folder / "pncp-1000");
}

TEST(StateDir, FollowsTheUser) {
    EXPECT_EQ(*choose_state_dir({.uid = 0, .home = "/root"}), "/var/lib/pncp");
    EXPECT_EQ(*choose_state_dir({.uid = 990, .system_state_writable = true}), "/var/lib/pncp");
    EXPECT_EQ(*choose_state_dir({.uid = 1000, .xdg_state_home = "/home/pi/state", .home = "/home/pi"}),
              "/home/pi/state/pncp");
    EXPECT_EQ(*choose_state_dir({.uid = 1000, .home = "/home/pi"}), "/home/pi/.local/state/pncp");
    EXPECT_FALSE(choose_state_dir({.uid = 1000}));
}

TEST(StateDir, IsMadePrivate) {
    const test::TemporaryFolder folder;
    const auto made = prepare_state_dir({.uid = 1000, .home = folder.path()});
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(test::mode_of(*made), 0700U);
}

TEST(SocketPath, OverTheLimitSaysByHowMuch) {
    EXPECT_EQ(*socket_path("/run/pncp", "control.sock"), "/run/pncp/control.sock");
    const std::string folder(100, 'd');
    EXPECT_EQ(socket_path(folder, "123456")->size(), 107U);
    EXPECT_THAT(socket_path(folder, "1234567").error().text(),
                HasSubstr("has 108 characters, but Linux allows 107"));
}

TEST(FindSocket, FallsBackToTheUsersOwnWhenTheSystemHasNone) {
    const Place place{.uid = 1000, .xdg_runtime_dir = "/run/user/1000"};
    EXPECT_EQ(*find_socket(place, "no-such-socket-of-pncp"), "/run/user/1000/pncp/no-such-socket-of-pncp");
}

}  // namespace
}  // namespace pncp
