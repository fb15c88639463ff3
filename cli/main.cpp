// pncp-cli: the world as it is, handed to the verbs.
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "cli/control_link.hpp"
#include "cli/program.hpp"
#include "schema/program/clock.hpp"

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// Who sits here, for the audit. A name service could say it better, but takes its time, and it proves
/// nothing anyway.
std::string user_name() {
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
        if (std::string user = variable(name); !user.empty() && user.size() <= 64) return user;
    }
    return "uid " + std::to_string(getuid());
}

}  // namespace

int main(int argc, char** argv) {
    pncp::cli::StandardConsole console;
    try {
        const pncp::Place place = pncp::Place::here();
        pncp::cli::World world{
            .console = console,
            .connect = [&](const pncp::Settings& settings) { return pncp::cli::connect(settings, place); },
            .random_bytes = pncp::random_bytes,
            .wall_us = pncp::wall_us,
            .boottime_ms = pncp::boottime_ms,
            .place = place,
            .user = user_name(),
            .no_color = !variable("NO_COLOR").empty()};
        return pncp::number(pncp::cli::run(argc, argv, world));
    } catch (const std::exception& error) {
        console.err(std::string("pncp-cli: internal error: ") + error.what() + "; please report it\n");
        return pncp::number(pncp::ExitCode::internal);
    }
}
