// Collects lines into batches by count, bytes and age, and remembers with each batch how far the feed is
// stored once the batch is. Pure; one thread. The next batch fills while the one before it is being posted.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "broker/influx_bridge/line_protocol.hpp"
#include "schema/bytes.hpp"

namespace pncp::influx {

/// How far a journal is stored. After a restart the feed is fetched from after `resume`; what stands up to
/// `stored` is in the store already and only helps to assemble outputs whose rows stand between the two.
struct Mark {
    Id16 journal{};
    std::uint64_t resume = 0;
    std::uint64_t stored = 0;
    bool operator==(const Mark&) const = default;
};

struct Batch {
    Lines lines;
    Mark mark;  ///< becomes true when every line is stored or in the dead-letter file
};

struct BatchLimits {
    std::size_t lines = 5'000;      ///< influxd gains nothing beyond (facts.md: 18 us a sample there)
    std::size_t bytes = 4'000'000;  ///< before compression; influxd refuses 25 MB
    std::int64_t age_ms = 500;      ///< with the broker's 100 ms this keeps feed to stored under 1 s
};

class Batcher {
  public:
    explicit Batcher(BatchLimits limits = {}) : limits_(limits) {}

    /// Where event_lines writes to. Call added() after each event, lines or none.
    [[nodiscard]] Lines& lines() { return open_.lines; }
    void added(const Mark& mark, std::int64_t now_ms);

    /// No more may be added: take() first.
    [[nodiscard]] bool full() const;
    /// A batch is worth sending: full, or its first event waited long enough. It may hold no line and only
    /// move the cursor.
    [[nodiscard]] bool due(std::int64_t now_ms) const;
    [[nodiscard]] bool empty() const { return !opened_ms_; }
    /// When due() becomes true by age; INT64_MAX when nothing waits.
    [[nodiscard]] std::int64_t due_at_ms() const;

    /// Closes the batch. `used` gives its memory back for the next one.
    [[nodiscard]] Batch take(Lines used = {});

  private:
    BatchLimits limits_;
    Batch open_;
    std::optional<std::int64_t> opened_ms_;
};

}  // namespace pncp::influx
