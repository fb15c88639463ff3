// pncp-cli agents: every agent the broker knows, by name, pi-2 before pi-10.
#include <algorithm>

#include "cli/render_json.hpp"
#include "cli/render_lists.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

ExitCode run_agents(const Call& call) {
    auto answer = ask_all<AgentsRequest, AgentsReply, AgentRow>(call);
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    auto& rows = std::get<0>(answer);
    std::sort(rows.begin(), rows.end(),
              [](const AgentRow& a, const AgentRow& b) { return natural_less(a.id, b.id); });
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form != "table") {
        console.out(json_agents(rows, form == "json" ? JsonForm::document : JsonForm::lines));
    } else {
        console.out(render_agents(rows, call.world.wall_us(), style_of(call)));
        if (rows.empty()) {
            console.err(
                "no agent is known yet; make one's key with: pncp-cli key issue NAME, then start pncp-agent "
                "with it\n");
        }
    }
    return ExitCode::ok;
}

}  // namespace pncp::cli
