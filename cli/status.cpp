// pncp-cli status: the broker's own numbers.
#include "cli/render_json.hpp"
#include "cli/render_lists.hpp"
#include "cli/verbs.hpp"

namespace pncp::cli {

ExitCode run_status(const Call& call) {
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    const auto answer = ask<StatusReply>(call, *std::get<0>(link), StatusRequest{});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const auto& rows = std::get<StatusReply>(answer).rows;
    const std::string& form = call.settings.text("output");
    if (form == "table") {
        call.world.console.out(render_status(rows, style_of(call)));
    } else {
        call.world.console.out(json_status(rows, form == "json" ? JsonForm::document : JsonForm::lines));
    }
    call.world.console.err(status_concerns(rows));
    return ExitCode::ok;
}

}  // namespace pncp::cli
