// pncp-cli reload: the broker reads its list of peers, its rights and its alerts again.
#include "cli/verbs.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {

ExitCode run_reload(const Call& call) {
    auto link = open_link(call);
    if (const auto* code = std::get_if<ExitCode>(&link)) return *code;
    const auto answer = ask<DoneReply>(call, *std::get<0>(link), ReloadRequest{});
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    call.world.console.out(escape_controls(std::get<DoneReply>(answer).text) + "\n");
    return ExitCode::ok;
}

}  // namespace pncp::cli
