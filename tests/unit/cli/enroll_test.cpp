#include "cli/enroll.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

using testing::HasSubstr;

KeyIssueReply issued() {
    KeyIssueReply reply;
    reply.id = "pi-1";
    reply.key.fill(1);
    reply.broker.fill(2);
    reply.endpoints = {"agents=tcp://controller:17471", "control=tcp://controller:17472"};
    return reply;
}
ErrorReply exists() { return {ErrorCode::exists, "agent pi-1 has a key already", "", {}}; }

TEST(Enroll, PrintsOneLineForThePiAndNothingElseOnStdout) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(issued())};
    EXPECT_EQ(fake.run({"enroll", "pi-1"}), ExitCode::ok);
    const std::string& line = fake.console.out_text;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_TRUE(line.starts_with(" printf '%s\\n' 'role = agent' 'id = pi-1' 'generation = 1' 'key = 0101"));
    EXPECT_THAT(line, HasSubstr("'agents = tcp://controller:17471' | sudo pncp-enroll\n"));
    EXPECT_EQ(line.find("control"), line.find("controller")) << "a device needs no other endpoint";
}

TEST(Enroll, TheAddressThatTheDeviceNeedsTakesTheHostsPlace) {
    EXPECT_EQ(with_host("tcp://controller:17471", "10.0.0.2"), "tcp://10.0.0.2:17471");
    EXPECT_EQ(with_host("tcp://[fe80::1]:17471", "fd00::2"), "tcp://[fd00::2]:17471");
    EXPECT_EQ(with_host("tcp://controller:17471", ""), "tcp://controller:17471");
}

TEST(Enroll, SomebodyEnrolledAlreadyIsLeftAloneWithoutAgain) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(exists())};
    EXPECT_EQ(fake.run({"enroll", "pi-1"}), ExitCode::usage);
    EXPECT_THAT(fake.console.err_text, HasSubstr("--again"));
    EXPECT_EQ(fake.conversation.asked.size(), 1U);
    EXPECT_EQ(fake.console.out_text, "");
}

TEST(Enroll, AgainRevokesTheOldKeyAndIssuesANewOne) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(exists()), Reply(DoneReply{"revoked"}), Reply(issued())};
    EXPECT_EQ(fake.run({"enroll", "pi-1", "--again"}), ExitCode::ok);
    ASSERT_EQ(fake.conversation.asked.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<KeyRevokeRequest>(fake.conversation.asked[1]));
    EXPECT_THAT(fake.console.out_text, HasSubstr("pncp-enroll"));
}

TEST(Enroll, WritesAFileForItsOwnerAloneAndNeverOverOne) {
    char name[] = "/tmp/pncp-enroll-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    const std::string path = std::string(name) + "/pi-1.sh";
    FakeWorld fake;
    fake.conversation.answers = {Reply(issued())};
    EXPECT_EQ(fake.run({"enroll", "pi-1", "--out", path.c_str()}), ExitCode::ok);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("exec pncp-enroll \"$@\" <<'KEY'\nrole = agent\nid = pi-1\n"));
    EXPECT_EQ(fake.run({"enroll", "pi-1", "--out", path.c_str()}), ExitCode::unavailable);
    EXPECT_EQ(fake.conversation.asked.size(), 1U);
    std::filesystem::remove_all(name);
}

TEST(Enroll, AnAddressThatWouldBreakOutOfTheLineIsRefused) {
    FakeWorld fake;
    KeyIssueReply reply = issued();
    reply.endpoints = {"agents=tcp://x'; reboot; ':1"};
    fake.conversation.answers = {Reply(reply)};
    EXPECT_EQ(fake.run({"enroll", "pi-1"}), ExitCode::configuration);
    EXPECT_EQ(fake.console.out_text, "");
}

TEST(Enroll, WrongWordsAreUsageErrorsBeforeAnythingIsAsked) {
    for (const std::vector<const char*>& line :
         std::vector<std::vector<const char*>>{{"enroll"},
                                               {"enroll", "Pi 1"},
                                               {"enroll", "pi-1", "pi-2"},
                                               {"enroll", "pi-1", "--ssh", "-oProxyCommand=reboot"},
                                               {"enroll", "pi-1", "--ssh", "pi@x;reboot"},
                                               {"enroll", "pi-1", "--address", "a b"},
                                               {"enroll", "pi-1", "--ssh", "pi@x", "--out", "f"}}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run(line), ExitCode::usage);
        EXPECT_TRUE(fake.conversation.asked.empty());
    }
}

}  // namespace
}  // namespace pncp::cli
