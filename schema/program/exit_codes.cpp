#include "schema/program/exit_codes.hpp"

namespace pncp {

std::string_view exit_code_help(ExitCode code) {
    switch (code) {
        case ExitCode::ok:
            return "everything was done";
        case ExitCode::internal:
            return "an internal error";
        case ExitCode::usage:
            return "wrong usage, or an unknown command";
        case ExitCode::some_failed:
            return "at least one device failed";
        case ExitCode::some_unanswered:
            return "at least one device did not answer, none failed";
        case ExitCode::no_target:
            return "no device matches";
        case ExitCode::denied:
            return "the broker's rights forbid it";
        case ExitCode::broker_unreachable:
            return "the broker can't be reached";
        case ExitCode::log_altered:
            return "a log file was altered";
        case ExitCode::unavailable:
            return "something needed is not to be had, such as a port";
        case ExitCode::configuration:
            return "the configuration or a key file is wrong";
        case ExitCode::interrupted:
            return "interrupted by Ctrl-C";
    }
    return {};
}

}  // namespace pncp
