#include "broker/core/selection.hpp"

#include <algorithm>

namespace pncp::broker {

namespace {

/// Names that an error lists.
constexpr std::size_t kNamesShown = 10;

/// FNV-1a over the seed's bytes and the name, then the finalizer of MurmurHash3 (both public domain), since
/// names that differ in their last digit only must be scattered.
std::uint64_t draw(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto mix = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<std::uint8_t>(seed >> shift));
    for (const char c : name) mix(static_cast<std::uint8_t>(c));
    hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 33U);
}

ErrorReply offline_error(const std::vector<Candidate>& meant) {
    std::string names;
    std::size_t offline = 0;
    for (const Candidate& candidate : meant) {
        if (candidate.connected) continue;
        if (++offline <= kNamesShown) names += (names.empty() ? "" : ", ") + candidate.id;
    }
    if (offline > kNamesShown) names += " …";
    return {ErrorCode::no_target,
            std::to_string(offline) + " of the " + std::to_string(meant.size()) +
                " targets are offline: " + names,
            "nothing was sent; --offline skip leaves them out, --offline include counts them as unanswered",
            {}};
}

}  // namespace

std::uint64_t share_of(std::uint64_t share, bool percent, std::uint64_t whole) {
    if (!percent) return share;
    return (std::min<std::uint64_t>(share, 100) * whole + 99) / 100;
}

std::variant<std::vector<std::string>, ErrorReply> narrow(std::vector<Candidate> meant,
                                                          const Narrowing& wish) {
    const auto offline = [](const Candidate& candidate) { return !candidate.connected; };
    if (wish.offline == OfflineTargets::fail && std::any_of(meant.begin(), meant.end(), offline))
        return offline_error(meant);
    if (wish.offline == OfflineTargets::skip) std::erase_if(meant, offline);
    const std::uint64_t limit = share_of(wish.limit, wish.limit_percent, meant.size());
    if (wish.limit > 0 && limit < meant.size()) {
        std::vector<std::uint64_t> draws;
        draws.reserve(meant.size());
        for (const Candidate& candidate : meant) draws.push_back(draw(wish.seed, candidate.id));
        std::vector<std::uint64_t> sorted = draws;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(limit), sorted.end());
        const std::uint64_t below = sorted[static_cast<std::size_t>(limit)];
        std::size_t at = 0;
        std::erase_if(meant, [&](const Candidate&) { return draws[at++] >= below; });
    }
    std::vector<std::string> names;
    names.reserve(meant.size());
    for (Candidate& candidate : meant) names.push_back(std::move(candidate.id));
    return names;
}

}  // namespace pncp::broker
