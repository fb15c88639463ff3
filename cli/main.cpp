// pncp-cli: the world as it is, handed to the verbs.
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "cli/control_link.hpp"
#include "cli/feed_link.hpp"
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

/// $XDG_CONFIG_HOME and its like, which must be absolute; else the usual folder in the home.
std::string user_folder(const char* name, const char* usual) {
    if (std::string set = variable(name); set.starts_with('/')) return set;
    const std::string home = variable("HOME");
    return home.starts_with('/') ? home + usual : "";
}

/// What the locale says, without loading one.
bool utf8_locale() {
    std::string name;
    for (const char* each : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (name.empty()) name = variable(each);
    for (const char* form : {"UTF-8", "utf-8", "UTF8", "utf8"})
        if (name.find(form) != std::string::npos) return true;
    return false;
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
            .no_color = !variable("NO_COLOR").empty(),
            .config_home = user_folder("XDG_CONFIG_HOME", "/.config"),
            .cache_home = user_folder("XDG_CACHE_HOME", "/.cache"),
            .utf8 = utf8_locale(),
            .live = [&](const pncp::Settings& settings) { return pncp::cli::follow(settings, place); }};
        return pncp::number(pncp::cli::run(argc, argv, world));
    } catch (const std::exception& error) {
        console.err(std::string("pncp-cli: internal error: ") + error.what() + "; please report it\n");
        return pncp::number(pncp::ExitCode::internal);
    }
}
