// Runs a command on another machine by the ssh program in PATH, with text for its standard input. One thread.
#pragma once

#include <string>

#include "schema/result.hpp"

namespace pncp::cli {

/// As root, or by sudo that asks for no password, since standard input is taken.
inline constexpr const char* kEnrollThere =
    "if [ \"$(id -u)\" -eq 0 ]; then exec pncp-enroll; else exec sudo -n pncp-enroll; fi";

/// The command's exit code (255: ssh itself failed; 128 + the signal that ended it). Output and questions go
/// to this program's terminal. An error: ssh could not be started.
[[nodiscard]] Result<int> run_over_ssh(const std::string& target, const std::string& command,
                                       const std::string& input);

}  // namespace pncp::cli
