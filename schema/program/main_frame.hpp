// What the main() of every daemon is: log, settings, warnings, the work, and a last line when something was
// not foreseen. Header only, because the program chooses which log it links.
#pragma once

#include <exception>

#include "schema/program/log.hpp"
#include "schema/program/settings.hpp"

namespace pncp {

/// Runs `run(settings)` and returns its exit code; 1 with a line in the log for an exception that nobody
/// caught.
template <typename Run>
int run_program(const Program& program, int argc, char** argv, Run&& run) {
    log::open(program.name);
    try {
        const Loaded loaded = load_settings(program, argc, argv);
        if (loaded.finished) return finish(loaded);
        for (const std::string& warning : loaded.warnings) log::warning(warning);
        return run(loaded.settings);
    } catch (const std::exception& error) {
        log::error(log::cat("internal error, please report it: ", error.what()));
        return number(ExitCode::internal);
    }
}

/// The error in the log, its number out.
inline int fail(const Error& error, ExitCode code) {
    log::error(error.text());
    return number(code);
}

}  // namespace pncp
