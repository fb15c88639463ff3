#include "cli/route.hpp"

#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::cli {
namespace {

KeyFile key_of(Role role, std::string control) {
    KeyFile file;
    file.peer.role = role;
    file.peer.id = "local";
    file.key.fill(0xAB);
    file.broker.fill(0xCD);
    file.control = std::move(control);
    return file;
}

class CliRoute : public testing::Test {
  protected:
    std::variant<Route, Failure> choose() { return choose_route(settings_, Place{}); }
    void set(const char* key, const std::string& text) { ASSERT_TRUE(settings_.set(key, text, "test")); }
    std::string write_key(const std::string& name, Role role, std::string control, unsigned mode = 0600) {
        return folder_.write(name, format_key_file(key_of(role, std::move(control))), mode);
    }

    test::TemporaryFolder folder_;
    Settings settings_{cli_program().settings};
};

TEST_F(CliRoute, LocalKeyAndSocketNeedNoSetUp) {
    write_key(kLocalKeyName, Role::operator_, "tcp://elsewhere:17472", 0640);
    set("run_dir", folder_.path());
    const auto route = choose();
    ASSERT_EQ(route.index(), 0U);
    EXPECT_EQ(std::get<Route>(route).endpoint, "ipc://" + (folder_ / "control.sock"));
    EXPECT_EQ(std::get<Route>(route).key.peer.id, "local");
}

TEST_F(CliRoute, NamedKeyFileBringsItsEndpoint) {
    set("key_file", write_key("anna.key", Role::operator_, "tcp://elsewhere:17472"));
    EXPECT_EQ(std::get<Route>(choose()).endpoint, "tcp://elsewhere:17472");
    set("broker.control", "tcp://other:1");
    EXPECT_EQ(std::get<Route>(choose()).endpoint, "tcp://other:1");
}

TEST_F(CliRoute, NamedKeyFileWithoutEndpointMeansTheBrokerHere) {
    set("run_dir", folder_.path());
    set("key_file", write_key("anna.key", Role::operator_, ""));
    EXPECT_EQ(std::get<Route>(choose()).endpoint, "ipc://" + (folder_ / "control.sock"));
}

TEST_F(CliRoute, NoLocalKeyMeansThatNoBrokerRuns) {
    set("run_dir", folder_.path());
    const auto route = choose();
    ASSERT_EQ(route.index(), 1U);
    EXPECT_EQ(std::get<Failure>(route).code, ExitCode::broker_unreachable);
    EXPECT_NE(std::get<Failure>(route).error.text().find("is pncp-broker running?"), std::string::npos);
    EXPECT_NE(no_local_key("/run/pncp", true).error.text().find("group pncp"), std::string::npos);
}

TEST_F(CliRoute, KeysThatCantBeUsedAreConfigurationErrors) {
    const std::vector<std::string> paths{
        write_key("agent.key", Role::agent, ""),
        write_key("open.key", Role::operator_, "", 0644),
        folder_.write("garbage.key", "role = operator\n"),
        folder_ / "missing.key",
    };
    for (const std::string& path : paths) {
        set("key_file", path);
        const auto route = choose();
        ASSERT_EQ(route.index(), 1U) << path;
        EXPECT_EQ(std::get<Failure>(route).code, ExitCode::configuration);
        EXPECT_NE(std::get<Failure>(route).error.text().find(path), std::string::npos);
    }
}

}  // namespace
}  // namespace pncp::cli
