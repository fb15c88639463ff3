// Reads the broker's journal over the control socket: pages of FETCH put together, and the place in it where
// a time begins. One thread. The link outlives the reader.
//
//     JournalReader journal(link, call.settings.duration_ms("broker.timeout"));
//     auto start = journal.start_of(since_ns);                       // std::variant<std::uint64_t, Failure>
//     auto end = journal.read("status/pi-1/", std::get<0>(start), [&](FeedEvent&& event) { ...; return true;
//     }); if (const auto* failure = std::get_if<Failure>(&end)) return report(call, *failure);
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "cli/broker_link.hpp"
#include "schema/subscriber/feed.hpp"

namespace pncp::cli {

/// What the journal holds: events `oldest` to `head`; oldest > head (or 0) = none.
struct JournalRange {
    Id16 journal{};
    std::uint64_t oldest = 0;
    std::uint64_t head = 0;
    std::int64_t oldest_ns = 0;  ///< the time of the oldest event; 0 = there is none
};

class JournalReader {
  public:
    /// The last possible sequence: up to the head, as it is when the last page is read.
    static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();
    /// The next event in order. False = enough.
    using Take = std::function<bool(FeedEvent&&)>;

    /// `timeout_ms`: how long each page may take.
    JournalReader(BrokerLink& link, std::int64_t timeout_ms) : link_(link), timeout_ms_(timeout_ms) {}

    [[nodiscard]] std::variant<JournalRange, Failure> range();

    /// The sequence after which every event of `time_ns` (since 1970) or later stands; what stands before it
    /// is older. Some 40 requests for a million events. Times are no order: rows that waited on a device come
    /// late, so older ones stand behind the place too; compare `time_ns` of what is read. Where very many
    /// came late in one go, some events before them that are not older may be missed, fewer than those.
    [[nodiscard]] std::variant<std::uint64_t, Failure> start_of(std::int64_t time_ns);

    /// Hands over every event after sequence `after`, up to `last`, whose topic begins with `prefix`. Gives
    /// the sequence up to which nothing more stands, which is the `after` of a later call.
    [[nodiscard]] std::variant<std::uint64_t, Failure> read(const std::string& prefix, std::uint64_t after,
                                                            const Take& take, std::uint64_t last = kToTheEnd);
    /// The same, all at once.
    [[nodiscard]] std::variant<std::vector<FeedEvent>, Failure> read_all(const std::string& prefix,
                                                                         std::uint64_t after,
                                                                         std::uint64_t last = kToTheEnd);

  private:
    /// Of the first events after a sequence.
    struct Probe {
        std::int64_t newest_ns = 0;
        std::uint64_t last = 0;
    };
    [[nodiscard]] std::variant<Probe, Failure> probe(std::uint64_t after);
    [[nodiscard]] std::variant<std::uint64_t, Failure> search(std::uint64_t low, std::uint64_t high,
                                                              std::int64_t time_ns);
    [[nodiscard]] std::variant<FetchReply, Failure> page(const std::string& prefix, std::uint64_t after,
                                                         std::uint64_t limit);

    BrokerLink& link_;
    std::int64_t timeout_ms_;
};

}  // namespace pncp::cli
