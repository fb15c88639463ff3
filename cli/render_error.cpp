#include "cli/render_error.hpp"

#include <string_view>

#include "cli/text.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

std::string_view known_heading(ErrorCode code) {
    switch (code) {
        case ErrorCode::unknown_command:
            return "known commands, nearest first: ";
        case ErrorCode::unknown_agent:
            return "known agents, nearest first: ";
        case ErrorCode::unknown_peer:
            return "known names, nearest first: ";
        case ErrorCode::malformed:
        case ErrorCode::no_target:
        case ErrorCode::denied:
        case ErrorCode::unknown_job:
        case ErrorCode::overload:
        case ErrorCode::journal:
        case ErrorCode::exists:
            return "known: ";
    }
    return "known: ";
}

}  // namespace

std::string render_error(const ErrorReply& reply) {
    std::string text = "pncp-cli: " + escape_controls(reply.message) + "\n";
    if (!reply.known.empty()) {
        text += "  ";
        text += known_heading(reply.code);
        text += joined(reply.known) + "\n";
    }
    if (!reply.next.empty()) text += "  " + escape_controls(reply.next) + "\n";
    return text;
}

ExitCode error_exit_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::unknown_command:
        case ErrorCode::unknown_agent:
        case ErrorCode::unknown_job:
        case ErrorCode::unknown_peer:
        case ErrorCode::exists:
            return ExitCode::usage;
        case ErrorCode::no_target:
            return ExitCode::no_target;
        case ErrorCode::denied:
            return ExitCode::denied;
        case ErrorCode::malformed:
        case ErrorCode::overload:
        case ErrorCode::journal:
            return ExitCode::internal;
    }
    return ExitCode::internal;
}

}  // namespace pncp::cli
