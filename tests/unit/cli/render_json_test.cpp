#include "cli/render_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/agents.hpp"
#include "fake_world.hpp"

namespace pncp::cli {
namespace {

using Json = nlohmann::json;

std::vector<std::string> keys_of(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

TEST(CliRenderJson, ResultLineHasTheDocumentedFields) {
    Ending ending;
    ending.agent = "pi-1";
    ending.duration_ms = 12;
    ending.out.text = "Größe\n";
    ending.time_ns = 1'000'000'000'123'000'000;
    const std::string line = json_result_line(ending);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    const Json json = Json::parse(line);
    EXPECT_EQ(keys_of(json), (std::vector<std::string>{"agent", "duration_ms", "exit_code", "last_seen",
                                                       "missing_bytes", "outcome", "reason", "signal",
                                                       "stderr", "stdout", "time", "truncated", "type"}));
    EXPECT_EQ(json["type"], "result");
    EXPECT_EQ(json["outcome"], "ok");
    EXPECT_EQ(json["exit_code"], 0);
    EXPECT_TRUE(json["signal"].is_null());
    EXPECT_EQ(json["stdout"], "Größe\n");
    EXPECT_EQ(json["time"], "2001-09-09T01:46:40.123Z");
}

TEST(CliRenderJson, WhoNeverRanHasNoExitCode) {
    Ending ending;
    ending.verdict = Verdict::offline;
    EXPECT_TRUE(Json::parse(json_result_line(ending))["exit_code"].is_null());
    ending.verdict = Verdict::failed;
    ending.signal = 9;
    const Json killed = Json::parse(json_result_line(ending));
    EXPECT_TRUE(killed["exit_code"].is_null());
    EXPECT_EQ(killed["signal"], 9);
}

TEST(CliRenderJson, BytesThatAreNoTextComeInBase64Too) {
    Ending ending;
    ending.out.text = std::string("\xff\x00\x01z", 4);
    const Json json = Json::parse(json_result_line(ending));
    EXPECT_EQ(json["stdout_base64"], "/wABeg==");
    EXPECT_FALSE(json.contains("stderr_base64"));
}

TEST(CliRenderJson, NothingButPlainAsciiIsPrinted) {
    Ending ending;
    ending.agent = "\033[2J";
    ending.out.text =
        "\x7f\xc2\x9b"
        "5n\u202e\r";
    const std::string line = json_result_line(ending);
    EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char letter) {
        return letter >= 0x20 && letter < 0x7F;
    })) << line;
}

TEST(CliRenderJson, JobDocumentHasCountsThatAddUp) {
    JobView view(fake_job());
    const auto endings =
        view.add(page(2, {command_row("pi-1"), result_row("pi-1", result_body(Outcome::finished, "x")),
                          result_row("pi-2", result_body(Outcome::offline))}));
    const Json json = Json::parse(json_job(view, endings));
    EXPECT_EQ(json["job"], kFakeJobText);
    EXPECT_EQ(json["command"], "lslogs");
    EXPECT_EQ(json["arguments"], Json::array({"-l"}));
    EXPECT_EQ(json["targets"], 2);
    EXPECT_EQ(json["exit_code"], 4);
    ASSERT_EQ(json["results"].size(), 2U);
    EXPECT_FALSE(json["results"][0].contains("type"));
    int sum = 0;
    for (const auto& [name, count] : json["counts"].items()) sum += count.get<int>();
    EXPECT_EQ(sum, 2);
    EXPECT_EQ(json["counts"].size(), kVerdicts);
    EXPECT_EQ(Json::parse(json_summary_line(view))["type"], "summary");
}

TEST(CliRenderJson, ListsAreADocumentOrALineEach) {
    AgentRow agent;
    agent.id = "pi-1";
    agent.state = "never";
    EXPECT_EQ(Json::parse(json_agents({agent}, JsonForm::document))["agents"][0]["name"], "pi-1");
    EXPECT_TRUE(Json::parse(json_agents({agent}, JsonForm::lines))["last_seen"].is_null());
    EXPECT_EQ(Json::parse(json_agents({}, JsonForm::document))["agents"], Json::array());
    EXPECT_EQ(json_agents({}, JsonForm::lines), "");
    EXPECT_EQ(Json::parse(json_commands({{"disk", "help", {"a"}, 3}}, JsonForm::lines))["agents"], 3);
    EXPECT_EQ(Json::parse(json_status({{"journal.head", "8"}}, JsonForm::document))["status"]["journal.head"],
              "8");
    EXPECT_EQ(Json::parse(json_keys({KeyRow{}}, JsonForm::lines))["role"], "agent");
}

TEST(CliRenderJson, KeyFileNeverShowsTheKey) {
    KeyFile file;
    file.peer.id = "pi-1";
    file.key.fill(0xAB);
    const std::string text = json_key_file(file, "0123", JsonForm::document);
    EXPECT_EQ(text.find("abab"), std::string::npos);
    EXPECT_EQ(Json::parse(text)["fingerprint"], "0123");
}

}  // namespace
}  // namespace pncp::cli
