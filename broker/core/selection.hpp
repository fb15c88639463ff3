// Which of the agents that an expression means a job is for: without those that are offline, if so wished,
// and no more than a limit. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schema/control_messages.hpp"

namespace pncp::broker {

/// What a request says about its targets beside the expression.
struct Narrowing {
    OfflineTargets offline = OfflineTargets::include;
    std::uint64_t limit = 0;  ///< 0 = all
    bool limit_percent = false;
    std::uint64_t seed = 0;
};

/// An agent that the expression means.
struct Candidate {
    std::string id;
    bool connected = false;
};

/// `share` of `whole`: itself, or so many percent of it, rounded up, so that a share above 0 is never empty.
[[nodiscard]] std::uint64_t share_of(std::uint64_t share, bool percent, std::uint64_t whole);

/// The targets, in the order of `meant`; an error when OfflineTargets::fail meets one that is offline. The
/// same seed draws the same agents from the same candidates, whatever the limit: a larger one adds to them.
[[nodiscard]] std::variant<std::vector<std::string>, ErrorReply> narrow(std::vector<Candidate> meant,
                                                                        const Narrowing& wish);

}  // namespace pncp::broker
