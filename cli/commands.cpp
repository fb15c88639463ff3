// pncp-cli commands: what can be sent, and how many agents offer it.
#include "cli/render_json.hpp"
#include "cli/render_lists.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

ExitCode run_commands(const Call& call) {
    const auto answer = ask_all<CommandsRequest, CommandsReply, CommandRow>(call);
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const auto& rows = std::get<0>(answer);
    const std::string& form = call.settings.text("output");
    Console& console = call.world.console;
    if (form != "table") {
        console.out(json_commands(rows, form == "json" ? JsonForm::document : JsonForm::lines));
    } else {
        console.out(render_commands(rows, style_of(call)));
        if (rows.empty()) console.err("no agent has told its commands yet; see: pncp-cli agents\n");
    }
    return ExitCode::ok;
}

}  // namespace pncp::cli
