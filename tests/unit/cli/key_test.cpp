#include "cli/key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fake_world.hpp"
#include "schema/keys.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "tests/unit/schema/program/temporary_folder.hpp"

namespace pncp::cli {
namespace {

KeyIssueReply issued() {
    KeyIssueReply reply;
    reply.id = "pi-1";
    reply.key.fill(0xAB);
    reply.broker.fill(0xCD);
    reply.endpoints = {"agents=tcp://controller:17471", "feed=tcp://controller:17473", "later=x", "nonsense"};
    return reply;
}

TEST(CliKey, InitMakesAPrivateSecretAndNeverOverwritesIt) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() + "/secret";
    FakeWorld fake;
    fake.world.random_bytes = pncp::random_bytes;
    ASSERT_EQ(fake.run({"key", "init", "--out", path.c_str()}), ExitCode::ok);
    const auto file = read_file(path, 1000);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->mode, 0600U);
    EXPECT_TRUE(parse_master_secret(file->text));
    EXPECT_EQ(fake.console.out_text.find(file->text.substr(0, 64)), std::string::npos);

    EXPECT_EQ(fake.run({"key", "init", "--out", path.c_str()}), ExitCode::unavailable);
    EXPECT_NE(fake.console.err_text.find(path), std::string::npos);
    EXPECT_EQ(read_file(path, 1000)->text, file->text);
}

TEST(CliKey, InitUsesTheStateFolderOrTheSettingSecretFile) {
    const test::TemporaryFolder folder;
    FakeWorld fake;
    fake.world.random_bytes = pncp::random_bytes;
    fake.world.place.uid = 1000;
    fake.world.place.xdg_state_home = folder.path();
    EXPECT_EQ(fake.run({"key", "init"}), ExitCode::ok) << fake.console.err_text;
    EXPECT_TRUE(path_exists(folder.path() + "/pncp/secret"));
    const std::string other = folder.path() + "/other";
    EXPECT_EQ(fake.run({"key", "--secret-file", other.c_str(), "init"}), ExitCode::ok);
    EXPECT_TRUE(path_exists(other));
}

TEST(CliKey, IssueWritesAPrivateKeyFileOnce) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() + "/pi-1.key";
    FakeWorld fake;
    fake.conversation.answers = {Reply(issued())};
    ASSERT_EQ(fake.run({"key", "issue", "pi-1", "--out", path.c_str()}), ExitCode::ok)
        << fake.console.err_text;
    EXPECT_EQ(std::get<KeyIssueRequest>(fake.conversation.asked.at(0)).id, "pi-1");
    const auto file = read_file(path, 4000);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->mode, 0600U);
    const auto key = parse_key_file(file->text);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->key, issued().key);
    EXPECT_EQ(key->agents, "tcp://controller:17471");
    EXPECT_EQ(key->control, "");
    EXPECT_EQ(fake.console.out_text.find("abab"), std::string::npos);

    EXPECT_EQ(fake.run({"key", "issue", "pi-1", "--out", path.c_str()}), ExitCode::unavailable);
    EXPECT_EQ(fake.conversation.asked.size(), 1U) << "nothing may be issued in vain";
    EXPECT_EQ(read_file(path, 4000)->text, file->text);
}

TEST(CliKey, ShowTellsEverythingButTheKey) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() + "/pi-1.key";
    ASSERT_TRUE(create_exclusively(path, view(format_key_file(key_file_of(issued()))), 0600));
    FakeWorld fake;
    EXPECT_EQ(fake.run({"key", "show", path.c_str()}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("pi-1"), std::string::npos);
    EXPECT_NE(fake.console.out_text.find(key_fingerprint(issued().key)), std::string::npos);
    EXPECT_EQ(fake.console.out_text.find("abab"), std::string::npos);
    ASSERT_EQ(chmod(path.c_str(), 0644), 0);
    EXPECT_EQ(fake.run({"key", "show", path.c_str()}), ExitCode::configuration);
}

TEST(CliKey, RevokeAndListAskTheBroker) {
    FakeWorld fake;
    fake.conversation.answers = {Reply(DoneReply{"pi-1 is revoked"}), Reply(KeyListReply{{KeyRow{}}, ""})};
    EXPECT_EQ(fake.run({"key", "revoke", "anna", "--role", "operator"}), ExitCode::ok);
    EXPECT_EQ(std::get<KeyRevokeRequest>(fake.conversation.asked.at(0)).role, Role::operator_);
    EXPECT_EQ(fake.console.out_text, "pi-1 is revoked\n");
    EXPECT_EQ(fake.run({"key", "list"}), ExitCode::ok);
}

TEST(CliKey, MistakesAreUsageErrors) {
    for (const std::vector<const char*>& arguments :
         std::vector<std::vector<const char*>>{{"key"},
                                               {"key", "isue", "pi-1"},
                                               {"key", "issue"},
                                               {"key", "issue", "PI"},
                                               {"key", "issue", "a", "b"},
                                               {"key", "list", "pi-1"},
                                               {"key", "list", "--out", "x"},
                                               {"key", "init", "--role", "operator"},
                                               {"key", "issue", "pi-1", "--role", "king"}}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run(arguments), ExitCode::usage) << fake.console.err_text;
        EXPECT_TRUE(fake.conversation.asked.empty());
    }
}

}  // namespace
}  // namespace pncp::cli
