#include "cli/verbs.hpp"

namespace pncp::cli {

Style style_of(const Call& call) {
    const std::string& wish = call.settings.text("color");
    const bool terminal = call.world.console.out_is_terminal();
    const bool by_itself = terminal && !call.world.no_color;
    return {.colour = wish == "always" || (wish == "auto" && by_itself),
            .neutralise = terminal,
            .width = terminal ? call.world.console.columns() : 0};
}

ExitCode usage_error(const Call& call, std::string_view verb, const std::string& message) {
    call.world.console.err("pncp-cli: " + message + "\nTry 'pncp-cli " + std::string(verb) + " --help'.\n");
    return ExitCode::usage;
}

ExitCode report(const Call& call, ExitCode code, const Error& error) {
    call.world.console.err("pncp-cli: " + error.text() + "\n");
    return code;
}

ExitCode report(const Call& call, const Failure& failure) {
    return report(call, failure.code, failure.error);
}

std::variant<std::unique_ptr<BrokerLink>, ExitCode> open_link(const Call& call) {
    auto link = call.world.connect(call.settings);
    if (const auto* failure = std::get_if<Failure>(&link)) return report(call, *failure);
    return std::move(std::get<0>(link));
}

}  // namespace pncp::cli
