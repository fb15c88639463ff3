#include "cli/cheat.hpp"

#include <algorithm>

#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {

ExitCode run_cheat(const Call& call) {
    Console& console = call.world.console;
    if (call.words.empty()) {
        std::vector<std::vector<std::string>> rows;
        for (const CheatPage& each : cheat_pages())
            rows.push_back({"pncp-cli cheat " + each.topic, each.purpose});
        console.out(table_text({"PAGE", "WHAT IT IS ABOUT"}, rows, style_of(call)));
        return ExitCode::ok;
    }
    const std::string& topic = call.words.front();
    for (const CheatPage& each : cheat_pages()) {
        if (each.topic != topic) continue;
        console.out(each.text);
        return ExitCode::ok;
    }
    return usage_error(call, "cheat",
                       "there is no page " + escape_controls(topic) + did_you_mean(topic, cheat_topics()));
}

Verb cheat_verb() {
    Verb verb;
    verb.name = "cheat";
    verb.purpose = "Show a page of lines to copy, by task";
    verb.usage = "[TOPIC]";
    verb.max_positionals = 1;
    verb.details =
        "Without TOPIC it lists the pages.\n\nExamples:\n  pncp-cli cheat\n  pncp-cli cheat targets";
    return verb;
}

std::vector<std::string> cheat_topics() {
    std::vector<std::string> topics;
    for (const CheatPage& each : cheat_pages()) topics.push_back(each.topic);
    return topics;
}

}  // namespace pncp::cli
