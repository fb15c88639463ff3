#include "cli/commands.hpp"

#include <algorithm>

#include "cli/render_json.hpp"
#include "cli/render_lists.hpp"
#include "cli/word_cache.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

/// One command in full.
std::string one_command(const CommandRow& row, const Style& style) {
    std::string text = coloured(style, Colour::bold, escape_controls(row.name)) + "\n";
    if (!row.help.empty()) text += "  " + escape_controls(row.help) + "\n";
    text += row.arguments.empty() ? "  It takes no arguments.\n" : "  Arguments:\n";
    for (const std::string& argument : row.arguments) text += "    " + escape_controls(argument) + "\n";
    if (!row.tags.empty()) text += "  Tags: " + joined(row.tags) + "\n";
    text += "  Offered by " + std::to_string(row.agents) + (row.agents == 1 ? " agent" : " agents") +
            "; see whom: pncp-cli agents --to command=" + escape_controls(row.name) + "\n";
    return text;
}

std::string skew_note(const std::vector<CommandRow>& rows) {
    std::string text;
    for (const CommandRow& row : rows) {
        if (row.variants < 2) continue;
        const std::string name = escape_controls(row.name);
        text +=
            name + " is defined in " + std::to_string(row.variants) +
            " ways; shown is the most frequent one. See who has which: pncp-cli agents --to command=" + name +
            " --sort catalogue --columns name,version,catalogue\n";
    }
    return text;
}

ExitCode unknown_command(const Call& call, const std::string& name, const std::string& agent,
                         const std::vector<CommandRow>& rows) {
    std::vector<std::string> names;
    for (const CommandRow& row : rows) names.push_back(row.name);
    const std::string who =
        agent.empty() ? std::string("no agent offers ") : escape_controls(agent) + " does not offer ";
    return report(call, ExitCode::usage,
                  {who + escape_controls(name) + did_you_mean(name, names), "see: pncp-cli commands"});
}

}  // namespace

Verb commands_verb() {
    return {.name = "commands",
            .purpose = "List the commands that agents offer, or show one",
            .usage = "[NAME]",
            .settings = {{.key = "agent", .help = "What this agent offers.", .value_name = "NAME"},
                         {.key = "output",
                          .default_text = "table",
                          .help = "For people, as one JSON document, or as one JSON object a line.",
                          .choices = {"table", "json", "jsonl"},
                          .letter = 'o'}},
            .max_positionals = 1,
            .details =
                "A command that is not the same on all agents is said to have variants: another version\n"
                "of the agent, or another file in commands.d.\n\n"
                "Examples:\n"
                "  pncp-cli commands\n"
                "  pncp-cli commands lslogs\n"
                "  pncp-cli commands --agent pi-1"};
}

ExitCode run_commands(const Call& call) {
    const std::string& agent = call.settings.text("agent");
    auto answer = ask_all<CommandsRequest, CommandsReply, CommandRow>(call, {.after = {}, .agent = agent});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    auto& rows = std::get<0>(answer);
    if (agent.empty()) remember_commands(call, rows);
    const bool one = !call.words.empty();
    if (one) {
        const std::string& name = call.words.front();
        const auto found =
            std::find_if(rows.begin(), rows.end(), [&](const CommandRow& row) { return row.name == name; });
        if (found == rows.end()) return unknown_command(call, name, agent, rows);
        rows = {std::vector<CommandRow>{*found}};
    }
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form != "table") {
        console.out(json_commands(rows, form == "json" ? JsonForm::document : JsonForm::lines));
        return ExitCode::ok;
    }
    console.out(one ? one_command(rows.front(), style_of(call)) : render_commands(rows, style_of(call)));
    console.err(rows.empty() ? "no agent has told its commands yet; see: pncp-cli agents\n"
                             : skew_note(rows));
    return ExitCode::ok;
}

}  // namespace pncp::cli
