#include "cli/agents.hpp"

#include <algorithm>

#include "cli/agent_columns.hpp"
#include "cli/json_agent.hpp"
#include "cli/render_lists.hpp"
#include "cli/target_text.hpp"
#include "cli/word_cache.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

/// The columns of --columns; all for "all", none for the choice that fits. A message when one is unknown.
std::variant<std::vector<AgentColumn>, std::string> chosen_columns(const Call& call) {
    std::vector<AgentColumn> columns;
    for (const std::string& key : call.settings.list("columns")) {
        if (key == "all") return all_columns();
        const auto column = parse_column(key);
        if (!column) {
            return "--columns knows no " + escape_controls(key) + did_you_mean(key, column_keys()) +
                   "; it knows all, " + joined(column_keys());
        }
        columns.push_back(*column);
    }
    return columns;
}

std::string said(const Call& call, const std::vector<AgentRow>& rows, std::vector<AgentColumn> columns) {
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form == "json") return json_agents(rows, JsonForm::document);
    if (form == "jsonl") return json_agents(rows, JsonForm::lines);
    const bool fits = columns.empty() && form == "table" && console.out_is_terminal();
    if (columns.empty()) columns = all_columns();
    if (form == "csv") return csv_agents(rows, columns);
    const std::int64_t now_us = call.world.wall_us();
    return fits ? render_agents_fitted(rows, now_us, style_of(call), console.columns())
                : render_agents(rows, columns, now_us, style_of(call));
}

}  // namespace

Verb agents_verb() {
    return {
        .name = "agents",
        .purpose = "List the agents: state, last seen, temperature, version, model, tags",
        .settings = {{.key = "to",
                      .kind = Kind::list,
                      .help = "Only these agents: an expression as for send.",
                      .value_name = "EXPRESSION"},
                     {.key = "sort",
                      .default_text = "name",
                      .help = "By which column; agents that say nothing there come last.",
                      .value_name = "COLUMN",
                      .choices = column_keys()},
                     {.key = "reverse", .kind = Kind::flag, .help = "The other way round.", .letter = 'r'},
                     {.key = "columns",
                      .kind = Kind::list,
                      .help = "Only these columns, or all. By default all, and on a terminal those that fit.",
                      .value_name = "COLUMN,..."},
                     {.key = "output",
                      .default_text = "table",
                      .help = "For people, as one JSON document, one JSON object a line, or CSV.",
                      .choices = {"table", "json", "jsonl", "csv"},
                      .letter = 'o'}},
        .max_positionals = 0,
        .details =
            "States: online; stale (silent for 45 s); offline; never (has a key, and was never here).\n"
            "Columns: " +
            joined(column_keys()) +
            ".\nTHROTTLED: what is so now; UV under-voltage, cap frequency capped, thr throttled, hot\n"
            "at the soft limit of temperature.\n\n"
            "Examples:\n"
            "  pncp-cli agents\n"
            "  pncp-cli agents --to 'state=offline' --columns name,last_seen,reason\n"
            "  pncp-cli agents --to 'role=camera&temp>60' --sort temp --reverse\n"
            "  pncp-cli agents -o csv > fleet.csv"};
}

ExitCode run_agents(const Call& call) {
    auto columns = chosen_columns(call);
    if (const auto* unknown = std::get_if<std::string>(&columns))
        return usage_error(call, "agents", *unknown);
    AgentsRequest request;
    auto target = target_text(call.world, joined_targets(call.settings.list("to")));
    if (const auto* failure = std::get_if<Failure>(&target)) return report(call, *failure);
    request.target = std::move(std::get<std::string>(target));
    auto answer = ask_all<AgentsRequest, AgentsReply, AgentRow>(call, request);
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    auto& rows = std::get<0>(answer);
    if (request.target.empty()) remember_agents(call, rows);
    sort_agents(rows, parse_column(call.settings.text("sort")).value_or(AgentColumn::name),
                call.settings.flag("reverse"));
    call.world.console.out(said(call, rows, std::get<0>(columns)));
    if (rows.empty() && call.settings.text("output") == "table") {
        call.world.console.err(request.target.empty()
                                   ? "no agent is known yet; bring one in with: pncp-cli enroll NAME\n"
                                   : "no agent is meant by that just now\n");
    }
    return ExitCode::ok;
}

}  // namespace pncp::cli
