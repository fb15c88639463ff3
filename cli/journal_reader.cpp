#include "cli/journal_reader.hpp"

#include <algorithm>
#include <utility>

#include "cli/render_error.hpp"
#include "schema/codec.hpp"

namespace pncp::cli {
namespace {

/// Events looked at where a time is searched: one alone may have waited on its device for hours, and so say
/// nothing about when it came. The newest of some says it well.
constexpr std::uint64_t kProbeEvents = 64;

}  // namespace

std::variant<FetchReply, Failure> JournalReader::page(const std::string& prefix, std::uint64_t after,
                                                      std::uint64_t limit) {
    auto answer = link_.call(FetchRequest{after, prefix, limit}, timeout_ms_);
    if (auto* failure = std::get_if<Failure>(&answer)) return std::move(*failure);
    Reply& reply = std::get<Reply>(answer);
    if (auto* page = std::get_if<FetchReply>(&reply)) return std::move(*page);
    if (const auto* error = std::get_if<ErrorReply>(&reply))
        return Failure{error_exit_code(error->code), {error->message, error->next}};
    return Failure{ExitCode::internal,
                   {"the broker answered with something else than a page of its journal",
                    "check that broker and CLI have the same version"}};
}

std::variant<JournalRange, Failure> JournalReader::range() {
    auto got = page("", 0, 1);
    if (auto* failure = std::get_if<Failure>(&got)) return std::move(*failure);
    const FetchReply& page = std::get<FetchReply>(got);
    JournalRange range{page.journal, page.oldest, page.head};
    if (!page.rows.empty())
        if (const auto event = decode<Event>(page.rows.front().event)) range.oldest_ns = event->time_ns;
    return range;
}

std::variant<JournalReader::Probe, Failure> JournalReader::probe(std::uint64_t after) {
    auto got = page("", after, kProbeEvents);
    if (auto* failure = std::get_if<Failure>(&got)) return std::move(*failure);
    Probe probe{std::numeric_limits<std::int64_t>::min(), after + 1};
    for (const EventRow& row : std::get<FetchReply>(got).rows) {
        const auto event = decode<Event>(row.event);
        if (event) probe.newest_ns = std::max(probe.newest_ns, event->time_ns);
        // A page of large events ends before its limit.
        probe.last = std::max(probe.last, row.seq);
    }
    return probe;
}

/// By halves, as if times were in order. Everything up to `low` is older; the place sought is in [low, high].
std::variant<std::uint64_t, Failure> JournalReader::search(std::uint64_t low, std::uint64_t high,
                                                           std::int64_t time_ns) {
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        auto probed = probe(middle);
        if (auto* failure = std::get_if<Failure>(&probed)) return std::move(*failure);
        if (std::get<Probe>(probed).newest_ns < time_ns)
            low = std::min(std::get<Probe>(probed).last, high);
        else
            high = middle;
    }
    return low;
}

std::variant<std::uint64_t, Failure> JournalReader::start_of(std::int64_t time_ns) {
    auto held = range();
    if (auto* failure = std::get_if<Failure>(&held)) return std::move(*failure);
    const JournalRange& range = std::get<JournalRange>(held);
    if (range.oldest == 0) return range.head;
    const std::uint64_t floor = range.oldest - 1;
    auto found = search(floor, range.head, time_ns);
    // A device that was away for long delivers what it kept in one go. A probe amid that led too far: look
    // back over it, further each time.
    for (std::uint64_t back = kProbeEvents; std::holds_alternative<std::uint64_t>(found); back *= 2) {
        const std::uint64_t place = std::get<0>(found);
        if (place - floor <= back) break;
        auto probed = probe(place - back);
        if (auto* failure = std::get_if<Failure>(&probed)) return std::move(*failure);
        if (std::get<Probe>(probed).newest_ns < time_ns) continue;
        found = search(floor, place - back, time_ns);
        back = kProbeEvents / 2;
    }
    if (!std::holds_alternative<std::uint64_t>(found)) return found;
    // A probe said what some events together are; what is older of the first ones is left out here.
    std::uint64_t place = std::get<0>(found);
    auto got = page("", place, kProbeEvents);
    if (auto* failure = std::get_if<Failure>(&got)) return std::move(*failure);
    for (const EventRow& row : std::get<FetchReply>(got).rows) {
        const auto event = decode<Event>(row.event);
        if (event && event->time_ns >= time_ns) break;
        place = row.seq;
    }
    return place;
}

std::variant<std::uint64_t, Failure> JournalReader::read(const std::string& prefix, std::uint64_t after,
                                                         const Take& take, std::uint64_t last) {
    while (after < last) {
        auto got = page(prefix, after, 0);
        if (auto* failure = std::get_if<Failure>(&got)) return std::move(*failure);
        FetchReply& page = std::get<FetchReply>(got);
        for (const EventRow& row : page.rows) {
            if (row.seq > last) return last;
            auto event = decode<Event>(row.event);
            // Not understood: of a newer broker. Who reads everything finds the rest useful all the same.
            if (event && !take({row.seq, std::move(*event)})) return row.seq;
        }
        // A page that doesn't lead on would have us ask for ever.
        if (page.next >= page.head || page.next <= after) return std::max(after, page.next);
        after = page.next;
    }
    return after;
}

std::variant<std::vector<FeedEvent>, Failure> JournalReader::read_all(const std::string& prefix,
                                                                      std::uint64_t after,
                                                                      std::uint64_t last) {
    std::vector<FeedEvent> events;
    auto end = read(
        prefix, after,
        [&](FeedEvent&& event) {
            events.push_back(std::move(event));
            return true;
        },
        last);
    if (auto* failure = std::get_if<Failure>(&end)) return std::move(*failure);
    return events;
}

}  // namespace pncp::cli
