// pncp-cli's table of verbs and settings, and the way from a command line to an exit code. One thread.
#pragma once

#include "cli/verbs.hpp"
#include "schema/program/settings.hpp"

namespace pncp::cli {

[[nodiscard]] const Program& cli_program();

/// Parses the command line, runs its verb, and gives the exit code. Prints through `world.console` only.
[[nodiscard]] ExitCode run(int argc, const char* const* argv, World& world,
                           const Surroundings& surroundings = Surroundings::here());

}  // namespace pncp::cli
