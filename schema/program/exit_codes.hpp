// What every program's exit code means. One list, printed by --help, so that scripts can rely on it.
#pragma once

#include <string_view>

namespace pncp {

enum class ExitCode : int {
    /// Everything asked for was done.
    ok = 0,
    /// A bug in PNCP, or something nobody foresaw; the message says what to report.
    internal = 1,
    /// The command line is wrong, or the command is one nobody knows.
    usage = 2,
    /// At least one device reported a failure (whatever else happened).
    some_failed = 3,
    /// No device failed, but at least one did not answer.
    some_unanswered = 4,
    /// The expression after --to matched no device.
    no_target = 5,
    /// The broker's rights forbid it.
    denied = 6,
    /// The broker could not be reached.
    broker_unreachable = 7,
    /// `log verify`: a log file was altered.
    log_altered = 8,
    /// Something the program needs is not to be had: a port is taken, a folder can't be written
    /// (EX_UNAVAILABLE).
    unavailable = 69,
    /// A setting, a configuration file or a key file is wrong (EX_CONFIG).
    configuration = 78,
    /// Stopped by Ctrl-C (128 + SIGINT).
    interrupted = 130,
};

/// One line for --help: "the configuration is wrong". Empty for a number that is not in the list.
[[nodiscard]] std::string_view exit_code_help(ExitCode code);

/// The number, for `return` from main.
[[nodiscard]] constexpr int number(ExitCode code) { return static_cast<int>(code); }

}  // namespace pncp
