#include "cli/cheat.hpp"

#include <gmock/gmock.h>

#include "fake_world.hpp"
#include "schema/program/command_line.hpp"

namespace pncp::cli {
namespace {

/// The words of a line as a shell would hand them over: blanks separate, single quotes hold together.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    bool begun = false;
    for (const char letter : line) {
        if (letter == '\'') {
            quoted = !quoted;
            begun = true;
        } else if (letter == ' ' && !quoted) {
            if (begun) words.push_back(std::move(word));
            word.clear();
            begun = false;
        } else {
            word += letter;
            begun = true;
        }
    }
    if (begun) words.push_back(std::move(word));
    return words;
}

/// Every line "  pncp-cli …" of a text, without the program's name. A comment behind it is cut off, as is
/// what follows a pipe.
std::vector<std::vector<std::string>> examples_in(std::string_view text) {
    std::vector<std::vector<std::string>> examples;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        constexpr std::string_view kBegin = "  pncp-cli";
        if (const std::string_view line = text.substr(0, end); line.starts_with(kBegin)) {
            auto words = shell_words(line.substr(kBegin.size()));
            const auto cut = std::find_if(words.begin(), words.end(), [](const std::string& word) {
                return word == "#" || word == "|" || word == ">" || word == "&&";
            });
            words.erase(cut, words.end());
            examples.push_back(std::move(words));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return examples;
}

/// What the option parser and the checks of values say against it; "" when it is understood.
std::string objection(const std::vector<std::string>& words) {
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    const auto line = parse_command_line(cli_program(), arguments);
    if (!line) return line.error().text();
    for (const auto& [setting, text] : line->given) {
        if (const Status fine = check_text(*setting, text); !fine)
            return setting->key + " " + fine.error().message;
    }
    return {};
}

TEST(Examples, EveryOneInHelpIsUnderstoodByTheOptionParser) {
    for (const Verb& verb : cli_program().verbs) {
        const auto examples = examples_in(verb.details);
        EXPECT_THAT(examples, testing::Contains(testing::Contains(verb.name)));
        for (const auto& words : examples)
            EXPECT_EQ(objection(words), "") << verb.name << ": " << testing::PrintToString(words);
    }
}

TEST(Examples, EveryOneOnACheatPageIsUnderstoodByTheOptionParser) {
    for (const CheatPage& page : cheat_pages()) {
        const auto examples = examples_in(page.text);
        EXPECT_FALSE(examples.empty()) << page.topic;
        for (const auto& words : examples)
            EXPECT_EQ(objection(words), "") << page.topic << ": " << testing::PrintToString(words);
    }
}

TEST(Cheat, ListsItsPagesAndSuggestsTheOneThatWasMeant) {
    FakeWorld fake;
    EXPECT_EQ(fake.run({"cheat"}), ExitCode::ok);
    for (const std::string& topic : cheat_topics())
        EXPECT_THAT(fake.console.out_text, testing::HasSubstr("pncp-cli cheat " + topic));
    fake.console.out_text.clear();
    EXPECT_EQ(fake.run({"cheat", "targets"}), ExitCode::ok);
    EXPECT_THAT(fake.console.out_text, testing::HasSubstr("role=camera"));
    EXPECT_EQ(fake.run({"cheat", "tragets"}), ExitCode::usage);
    EXPECT_THAT(fake.console.err_text, testing::HasSubstr("did you mean targets?"));
}

TEST(Suggestions, EveryKindOfMisspeltWordIsAnsweredByTheOneThatWasMeant) {
    for (const auto& [line, meant] : std::vector<std::pair<std::vector<const char*>, std::string>>{
             {{"agnets"}, "agents"},
             {{"agents", "--ouput", "json"}, "--output"},
             {{"agents", "-o", "jsn"}, "json"},
             {{"--colour", "auto", "agents"}, "--color"},
             {{"key", "isue", "pi-1"}, "issue"},
             {{"log", "verfy"}, "verify"},
             {{"cheat", "kyes"}, "keys"},
             {{"context", "lst"}, "list"},
             {{"completion", "bsh"}, "bash"},
             {{"help", "sned"}, "send"}}) {
        FakeWorld fake;
        EXPECT_EQ(fake.run(line), ExitCode::usage) << meant;
        EXPECT_THAT(fake.console.err_text, testing::HasSubstr("did you mean " + meant + "?"));
    }
}

TEST(Suggestions, AgentsAndCommandsNearestFirstAsTheBrokerKnowsThem) {
    FakeWorld fake;
    fake.conversation.answers = {
        Reply(ErrorReply{ErrorCode::unknown_agent, "no agent pi-11 is enrolled", "", {"pi-1", "pi-2"}})};
    EXPECT_EQ(fake.run({"send", "--to", "pi-11", "lslogs"}), ExitCode::usage);
    EXPECT_THAT(fake.console.err_text, testing::HasSubstr("known agents, nearest first: pi-1, pi-2"));
}

}  // namespace
}  // namespace pncp::cli
