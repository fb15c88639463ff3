// The catalogue files that are shipped: each is good as it stands, and does what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/executor/arguments.hpp"

using namespace pncp::agent;

namespace {

CommandSpec example(const std::string& file, const std::string& name) {
    const std::string path = std::string(PNCP_SOURCE_DIR) + "/scripts/services/commands.d/" + file;
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const auto commands = parse_catalogue(text.str(), file, {});
    EXPECT_TRUE(commands) << commands.error().text();
    if (!commands) return {};
    for (const auto& command : *commands)
        if (command.name == name) return command;
    ADD_FAILURE() << "no [" << name << "] in " << file;
    return {};
}

std::vector<std::string> argv(const CommandSpec& command, const std::vector<std::string>& given) {
    const auto made = make_argv(command, given);
    EXPECT_TRUE(made) << made.error().text();
    return made ? *made : std::vector<std::string>{};
}

}  // namespace

TEST(Examples, AreShippedDisabled) {
    int count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(PNCP_SOURCE_DIR) + "/scripts/services/commands.d")) {
        EXPECT_NE(entry.path().extension(), ".toml") << entry.path();
        count += entry.path().extension() == ".example";
    }
    EXPECT_EQ(count, 7);
}

TEST(Examples, RebootIsMarkedAsDanger) {
    const auto command = example("reboot.toml.example", "reboot");
    EXPECT_THAT(argv(command, {}), testing::Contains("Reboot"));
    EXPECT_EQ(command.tags, std::vector<std::string>{"danger"});
}

TEST(Examples, ServiceRestartTakesOnlyTheUnitsThatAreListed) {
    const auto command = example("service-restart.toml.example", "service-restart");
    EXPECT_EQ(argv(command, {"ssh.service"}).back(), "ssh.service");
    EXPECT_FALSE(make_argv(command, {"pncp-agent.service"}));
}

TEST(Examples, JournalTailTakesAUnitsNameAndANumber) {
    const auto command = example("journal-tail.toml.example", "journal-tail");
    EXPECT_THAT(argv(command, {"ssh.service", "20"}),
                testing::IsSupersetOf({"--unit=ssh.service", "--lines=20"}));
    for (const char* unit : {"*", "ssh.service --since=now", "../x", "-f"})
        EXPECT_FALSE(make_argv(command, {unit, "20"}));
    EXPECT_FALSE(make_argv(command, {"ssh.service", "100000"}));
}

TEST(Examples, AptPendingOnlySimulates) {
    EXPECT_THAT(argv(example("apt-pending.toml.example", "apt-pending"), {}),
                testing::Contains("--simulate"));
}

TEST(Examples, LocateLedKnowsThreeStates) {
    const auto command = example("locate-led.toml.example", "locate-led");
    EXPECT_EQ(argv(command, {"heartbeat"}).back(), "heartbeat");
    EXPECT_FALSE(make_argv(command, {"reboot"}));
}
