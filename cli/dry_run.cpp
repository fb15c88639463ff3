// --dry-run: whom a send would reach, and who is left out.
#include <algorithm>

#include "cli/agent_columns.hpp"
#include "cli/name_folder.hpp"
#include "cli/render_json.hpp"
#include "cli/send.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

std::variant<std::vector<TargetRow>, ExitCode> all_targets(const Call& call, BrokerLink& link,
                                                           const SendRequest& request) {
    TargetsRequest ask_for{request.target, request.name,          request.offline,
                           request.limit,  request.limit_percent, request.seed};
    std::vector<TargetRow> rows;
    do {
        auto page = ask<TargetsReply>(call, link, ask_for);
        if (const auto* code = std::get_if<ExitCode>(&page)) return *code;
        TargetsReply& got = std::get<TargetsReply>(page);
        std::move(got.rows.begin(), got.rows.end(), std::back_inserter(rows));
        // Pages ascend by name; one that doesn't would have us ask for ever.
        if (!got.next.empty() && got.next <= ask_for.after) break;
        ask_for.after = std::move(got.next);
    } while (!ask_for.after.empty());
    std::sort(rows.begin(), rows.end(),
              [](const TargetRow& a, const TargetRow& b) { return natural_less(a.id, b.id); });
    return rows;
}

std::string table_of(const std::vector<TargetRow>& rows, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const TargetRow& row : rows) cells.push_back({row.id, row.state, row.denied ? "denied" : "allowed"});
    return table_text({"AGENT", "STATE", "RIGHTS"}, cells, style);
}

std::string csv_of(const std::vector<TargetRow>& rows) {
    std::string out = "agent,state,denied\r\n";
    for (const TargetRow& row : rows)
        out += csv_field(row.id) + "," + csv_field(row.state) + (row.denied ? ",true\r\n" : ",false\r\n");
    return out;
}

/// "would send lslogs to 12 agents: pi-[1-12]" and what is special about some.
std::string summary_of(const SendRequest& request, const std::vector<TargetRow>& rows, bool seed_given) {
    std::vector<std::string> reached;
    std::vector<std::string> away;
    std::vector<std::string> denied;
    for (const TargetRow& row : rows) {
        (row.denied ? denied : reached).push_back(row.id);
        if (!row.denied && row.state != "online" && row.state != "stale") away.push_back(row.id);
    }
    const auto named = [](const std::vector<std::string>& names) {
        return std::to_string(names.size()) + (names.size() == 1 ? " agent: " : " agents: ") +
               escape_controls(fold_names(names)) + "\n";
    };
    std::string text = "nothing was sent; ";
    text += reached.empty() ? std::string("it would reach nobody\n")
                            : escape_controls(request.name) + " would go to " + named(reached);
    if (!away.empty()) text += "  of them offline: " + named(away);
    if (!denied.empty()) text += "  denied for " + named(denied);
    if (request.limit > 0 && !seed_given)
        text += "  drawn by lot; the same ones again: --seed " + std::to_string(request.seed) + "\n";
    return text;
}

}  // namespace

ExitCode show_targets(const Call& call, BrokerLink& link, const SendRequest& request) {
    auto answer = all_targets(call, link, request);
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const auto& rows = std::get<0>(answer);
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form == "json" || form == "jsonl")
        console.out(json_targets(rows, form == "json" ? JsonForm::document : JsonForm::lines));
    else
        console.out(form == "csv" ? csv_of(rows) : table_of(rows, style_of(call)));
    const bool seed_given = request.limit == 0 || call.settings.is_set("seed");
    console.err(summary_of(request, rows, seed_given));
    const bool all_denied =
        std::all_of(rows.begin(), rows.end(), [](const TargetRow& row) { return row.denied; });
    return all_denied ? ExitCode::denied : ExitCode::ok;
}

}  // namespace pncp::cli
