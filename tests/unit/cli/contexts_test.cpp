#include "cli/contexts.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fake_world.hpp"

namespace pncp::cli {
namespace {

constexpr const char* kTwo =
    "current = \"home\"\n[context.home]\nkey_file = \"home.key\"\n[context.lab]\nkey_file = \"/k/lab.key\"\n"
    "broker.control = \"tcp://10.0.0.2:17472\"\n";

/// A user's configuration folder, and the settings that a command line ends up with.
class Contexts_ : public testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/pncp-contexts-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder = name;
        fake.world.config_home = folder;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    void write(const std::string& text) const {
        std::filesystem::create_directories(folder + "/pncp");
        std::ofstream(folder + "/pncp/contexts.toml") << text;
    }

    Settings settings_of(std::vector<const char*> arguments,
                         std::map<std::string, std::string> environment = {}) {
        arguments.insert(arguments.begin(), "pncp-cli");
        arguments.push_back("status");
        const Loaded loaded =
            load_settings(cli_program(), static_cast<int>(arguments.size()), arguments.data(),
                          {.environment = std::move(environment), .config_dir = "/nonexistent"});
        EXPECT_FALSE(loaded.finished) << loaded.err;
        Settings settings = loaded.settings;
        const Status applied = apply_context(settings, folder);
        error = applied ? "" : applied.error().text();
        return settings;
    }

    std::string folder;
    std::string error;
    FakeWorld fake;
};

TEST_F(Contexts_, ReadsWhatItWrites) {
    const auto read = parse_contexts(kTwo, "f");
    ASSERT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(read->current, "home");
    const auto again = parse_contexts(format_contexts(*read), "f");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->names(), (std::vector<std::string>{"home", "lab"}));
    EXPECT_EQ(*again->find("lab")->find("broker.control"), "tcp://10.0.0.2:17472");
}

TEST_F(Contexts_, AMistakeInTheFileIsNamedWithItsLine) {
    for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
             {"[context.a]\nkey_fil = \"x\"\n", "f:2: unknown setting key_fil; did you mean key_file?"},
             {"curent = \"a\"\n", "f:1: unknown key curent"},
             {"[context.a]\nkey_file = 3\n", "f:2: key_file must be text in quotes"},
             {"[context.local]\nkey_file = \"x\"\n", "\"local\" can't be a context's name"},
             {"current = \"b\"\n[context.a]\nkey_file = \"x\"\n", "current is \"b\", which it lacks"},
             {"[context.a]\n", "f:1: [context.a] says nothing"},
             {"[context.a\n", "f:1"}}) {
        const auto read = parse_contexts(text, "f");
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_NE(read.error().text().find(said), std::string::npos) << read.error().text();
    }
}

TEST_F(Contexts_, TheCurrentOneHoldsUnlessTheLineNamesABroker) {
    write(kTwo);
    EXPECT_EQ(settings_of({}).text("key_file"), folder + "/pncp/home.key");
    EXPECT_EQ(settings_of({"--run-dir", "/r"}).text("key_file"), "");
    EXPECT_EQ(settings_of({"--key-file", "/x"}).text("key_file"), "/x");
    EXPECT_EQ(settings_of({}, {{"PNCP_KEY_FILE", "/v"}}).text("key_file"), "/v");
    EXPECT_EQ(error, "");
}

TEST_F(Contexts_, TheOneNamedStandsAboveVariablesAndBelowFlags) {
    write(kTwo);
    EXPECT_EQ(settings_of({"--context", "lab"}, {{"PNCP_KEY_FILE", "/v"}}).text("key_file"), "/k/lab.key");
    EXPECT_EQ(settings_of({}, {{"PNCP_CONTEXT", "lab"}}).text("broker.control"), "tcp://10.0.0.2:17472");
    const Settings mixed = settings_of({"--context", "lab", "--key-file", "/x"});
    EXPECT_EQ(mixed.text("key_file"), "/x");
    EXPECT_EQ(mixed.text("broker.control"), "tcp://10.0.0.2:17472");
}

TEST_F(Contexts_, AContextDoesNotMixWithWhatAnotherBrokerIsReachedBy) {
    write(kTwo);
    EXPECT_EQ(
        settings_of({"--context", "home"}, {{"PNCP_BROKER_CONTROL", "tcp://other:1"}}).text("broker.control"),
        "");
    const Settings local = settings_of({"--context", "local", "--run-dir", "/r"});
    EXPECT_EQ(local.text("key_file"), "");
    EXPECT_EQ(local.text("run_dir"), "/r");
}

TEST_F(Contexts_, AMisspeltNameIsAConfigurationErrorWithASuggestion) {
    write(kTwo);
    EXPECT_EQ(fake.run({"--context", "hmoe", "status"}), ExitCode::configuration);
    EXPECT_NE(fake.console.err_text.find("there is no context hmoe; did you mean home?"), std::string::npos)
        << fake.console.err_text;
    EXPECT_TRUE(fake.conversation.asked.empty());
}

TEST_F(Contexts_, WithoutAFileThereIsNothingToDo) {
    EXPECT_EQ(settings_of({}).where("key_file"), "the default");
    EXPECT_EQ(fake.run({"context"}), ExitCode::ok);
    EXPECT_NE(fake.console.out_text.find("*  local"), std::string::npos) << fake.console.out_text;
    EXPECT_FALSE(std::filesystem::exists(folder + "/pncp"));
}

TEST_F(Contexts_, AreAddedShownUsedAndRemovedWithoutAnEditor) {
    EXPECT_EQ(fake.run({"context", "add", "home", "--key-file", "/k/\"q\".key"}), ExitCode::ok);
    EXPECT_EQ(fake.run({"context", "add", "home", "--key-file", "/k"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"context", "add", "Home", "--key-file", "/k"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"context", "add", "empty"}), ExitCode::usage);
    EXPECT_EQ(fake.run({"context", "use", "hom"}), ExitCode::usage);
    EXPECT_NE(fake.console.err_text.find("did you mean home?"), std::string::npos);
    EXPECT_EQ(fake.run({"context", "use", "home"}), ExitCode::ok);
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"context", "show", "-o", "jsonl"}), ExitCode::ok);
    EXPECT_EQ(fake.console.out_text,
              "{\"name\":\"home\",\"current\":true,\"key_file\":\"/k/\\\"q\\\".key\"}\n");
    EXPECT_EQ(fake.run({"context", "remove", "home"}), ExitCode::ok);
    const auto left = read_contexts(folder);
    ASSERT_TRUE(left.ok());
    EXPECT_TRUE(left->all.empty());
    EXPECT_EQ(left->current, "");
}

}  // namespace
}  // namespace pncp::cli
