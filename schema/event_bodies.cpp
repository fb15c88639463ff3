#include "schema/event_bodies.hpp"

namespace pncp {

std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
        case Outcome::finished:
            return "finished";
        case Outcome::timeout:
            return "timeout";
        case Outcome::refused:
            return "refused";
        case Outcome::offline:
            return "offline";
        case Outcome::denied:
            return "denied";
        case Outcome::interrupted:
            return "interrupted";
        case Outcome::cancelled:
            return "cancelled";
        case Outcome::unknown:
            return "unknown";
        case Outcome::killed:
            return "killed";
    }
    return "unknown";
}

std::string_view command_state_name(CommandState state) {
    switch (state) {
        case CommandState::running:
            return "running";
        case CommandState::queued:
            return "queued";
        case CommandState::refused:
            return "refused";
        case CommandState::known:
            return "known";
    }
    return "unknown";
}

}  // namespace pncp
