#include "cli/outcome.hpp"

#include <numeric>

namespace pncp::cli {

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::failed:
            return "failed";
        case Verdict::timeout:
            return "timeout";
        case Verdict::refused:
            return "refused";
        case Verdict::denied:
            return "denied";
        case Verdict::offline:
            return "offline";
        case Verdict::interrupted:
            return "interrupted";
        case Verdict::cancelled:
            return "cancelled";
        case Verdict::unknown:
            return "unknown";
    }
    return "unknown";
}

Verdict verdict_of(const ResultBody& result) {
    switch (result.outcome) {
        case Outcome::finished:
            return result.exit_code == 0 ? Verdict::ok : Verdict::failed;
        case Outcome::killed:
            return Verdict::failed;
        case Outcome::timeout:
            return Verdict::timeout;
        case Outcome::refused:
            return Verdict::refused;
        case Outcome::offline:
            return Verdict::offline;
        case Outcome::denied:
            return Verdict::denied;
        case Outcome::interrupted:
            return Verdict::interrupted;
        case Outcome::cancelled:
            return Verdict::cancelled;
        case Outcome::unknown:
            return Verdict::unknown;
    }
    return Verdict::interrupted;
}

std::uint64_t Tally::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string Tally::summary(std::uint64_t open) const {
    const std::uint64_t all = total() + open;
    std::string text = std::to_string(all) + (all == 1 ? " agent" : " agents");
    std::string_view between = ": ";
    for (std::size_t i = 0; i < kVerdicts; ++i) {
        if (counts_[i] == 0) continue;
        text += between;
        text += std::to_string(counts_[i]) + " ";
        text += verdict_name(static_cast<Verdict>(i));
        between = ", ";
    }
    if (open > 0) {
        text += between;
        text += std::to_string(open) + " not ended yet";
    }
    return text;
}

ExitCode Tally::exit_code(std::uint64_t open) const {
    if (total() + open == 0) return ExitCode::no_target;
    if (of(Verdict::failed) + of(Verdict::refused) > 0) return ExitCode::some_failed;
    if (of(Verdict::denied) > 0) return ExitCode::denied;
    return of(Verdict::ok) == total() + open ? ExitCode::ok : ExitCode::some_unanswered;
}

}  // namespace pncp::cli
