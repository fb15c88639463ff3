#include "agent/core/spool.hpp"

#include <algorithm>
#include <utility>

#include "schema/codec.hpp"

namespace pncp::agent {
namespace {

constexpr const char* kSpoolFull = "dropped by the device: its spool was full";
constexpr const char* kLostByBroker = "acknowledged once, and no longer in the broker's journal";
/// msgpack around a row's body: array, numbers and lengths at their longest.
constexpr std::size_t kEncodedRowOverhead = 40;

/// As Gap::sends: says of a range that nothing is known of what was sent since its rows were dropped.
constexpr std::uint64_t kSendsUnknown = 0;

std::size_t cost(const Row& row) { return Spool::kRowCost + row.body.capacity(); }

}  // namespace

Spool::Spool(const Id16& id, std::string boot_id, std::size_t max_bytes)
    : id_(id), boot_id_(std::move(boot_id)), max_bytes_(max_bytes) {
    lane(Stream::results).stream = Stream::results;
}

std::uint64_t Spool::add(Stream stream, RowKind kind, const Clock& now, Bytes body) {
    const std::uint64_t seq = append(lane(stream), kind, now, std::move(body));
    make_room();
    return seq;
}

std::uint64_t Spool::append(Lane& to, RowKind kind, const Clock& now, Bytes body) {
    body.shrink_to_fit();
    to.rows.push_back({to.stream, ++to.made, kind, now.boot_ms, now.wall_us, now.synced, std::move(body)});
    bytes_ += cost(to.rows.back());
    return to.made;
}

// --- dropping
// ---------------------------------------------------------------------------------------------------------

void Spool::make_room() {
    while (bytes_ > max_bytes_) {
        Lane& metrics = lane(Stream::metrics);
        Lane& results = lane(Stream::results);
        if (!metrics.rows.empty()) {
            drop_oldest(metrics);
        } else if (!results.rows.empty()) {
            drop_oldest(results);
        } else {
            return;
        }
    }
}

void Spool::drop_oldest(Lane& of) {
    Row row = std::move(of.rows.front());
    bytes_ -= cost(row);
    of.rows.pop_front();
    if (of.sent > 0) --of.sent;
    ++dropped_;
    // A declaration that goes is not forgotten: its range waits to be declared again.
    if (row.kind == RowKind::gap) {
        if (const auto gap = decode<GapBody>(row.body)) {
            Lane& about = lane(gap->stream);
            note_gap(about, {gap->first, gap->last, kSpoolFull, kSendsUnknown});
        }
    }
    note_gap(of, {row.seq, row.seq, kSpoolFull, of.sends});
}

void Spool::note_gap(Lane& of, const Gap& gap) {
    for (auto& known : of.gaps) {
        if (known.reason != gap.reason || gap.first > known.last + 1 || known.first > gap.last + 1) continue;
        known.first = std::min(known.first, gap.first);
        known.last = std::max(known.last, gap.last);
        known.sends = std::min(known.sends, gap.sends);
        return;
    }
    if (of.gaps.size() < kPendingGaps) {
        of.gaps.push_back(gap);
        return;
    }
    Gap& last = of.gaps.back();
    last.first = std::min(last.first, gap.first);
    last.last = std::max(last.last, gap.last);
    last.sends = std::min(last.sends, gap.sends);
}

// The broker may have committed rows whose acknowledgement was lost before they were dropped. As long as
// nothing was sent since the first of them was dropped, its head proves that all rows up to it arrived: each
// BATCH was taken only behind the one before.
void Spool::forget_delivered_gaps(Lane& of, std::uint64_t head) {
    for (auto& gap : of.gaps)
        if (gap.sends == of.sends) gap.first = std::max(gap.first, head + 1);
    std::erase_if(of.gaps, [](const Gap& gap) { return gap.first > gap.last; });
}

void Spool::declare_gaps(const Clock& now) {
    for (const Stream stream : {Stream::metrics, Stream::results}) {
        for (const Gap& gap : std::exchange(lane(stream).gaps, {}))
            append(lane(Stream::results), RowKind::gap, now,
                   encode(GapBody{id_, stream, gap.first, gap.last, gap.reason}));
    }
}

// --- sending
// ----------------------------------------------------------------------------------------------------------

bool Spool::window_open(const Lane& of) const {
    const std::size_t metrics = lane(Stream::metrics).in_flight.size();
    if (of.stream == Stream::metrics) return metrics < limits::kBatchesInFlight - kBatchesForResults;
    return metrics + of.in_flight.size() < limits::kBatchesInFlight;
}

std::optional<Batch> Spool::next_batch(const Clock& now) {
    if (!live_) return std::nullopt;
    Lane& results = lane(Stream::results);
    if (window_open(results)) declare_gaps(now);
    for (Lane* from : {&results, &lane(Stream::metrics)})
        if (from->sent < from->rows.size() && window_open(*from)) return take_batch(*from, now);
    return std::nullopt;
}

Batch Spool::take_batch(Lane& from, const Clock& now) {
    Batch batch;
    batch.spool = id_;
    batch.boot_id = boot_id_;
    batch.sent_boot_ms = now.boot_ms;
    batch.after = acknowledged();
    if (from.sent > 0) batch.after.of(from.stream) = from.rows[from.sent - 1].seq;
    std::size_t filled = 0;
    while (from.sent < from.rows.size() && batch.rows.size() < limits::kBatchRows) {
        const Row& row = from.rows[from.sent];
        filled += row.body.size() + kEncodedRowOverhead;
        if (!batch.rows.empty() && filled > limits::kPageBytes) break;
        batch.rows.push_back(row);
        ++from.sent;
    }
    if (from.in_flight.empty()) from.deadline_ms = now.boot_ms + from.timeout_ms;
    from.in_flight.push_back(batch.rows.back().seq);
    ++from.sends;
    return batch;
}

void Spool::rewind(Lane& of) {
    of.sent = 0;
    of.in_flight.clear();
}

void Spool::suspend() {
    live_ = false;
    for (auto& each : lanes_) rewind(each);
}

void Spool::resume(const StreamHeads& acknowledged) {
    live_ = true;
    for (auto& each : lanes_) {
        rewind(each);
        each.timeout_ms = limits::kAckTimeoutMs;
        const std::uint64_t head = std::min(acknowledged.of(each.stream), each.made);
        forget_delivered_gaps(each, head);
        if (head < each.acknowledged) {
            // Another journal, or one put back from a copy: what we released on its word can't be sent again.
            note_gap(each, {head + 1, each.acknowledged, kLostByBroker, each.sends});
            each.acknowledged = head;
        } else {
            release_to(each, head);
        }
    }
}

void Spool::on_timer(std::int64_t now_ms) {
    for (auto& each : lanes_) {
        if (each.in_flight.empty() || now_ms < each.deadline_ms) continue;
        each.timeout_ms = std::min(2 * each.timeout_ms, kAckTimeoutLongestMs);
        rewind(each);
    }
}

std::optional<std::int64_t> Spool::wake_at_ms() const {
    std::optional<std::int64_t> at;
    for (const auto& each : lanes_)
        if (!each.in_flight.empty()) at = std::min(at.value_or(each.deadline_ms), each.deadline_ms);
    return at;
}

// --- acknowledgement
// --------------------------------------------------------------------------------------------------

bool Spool::acknowledge(const StreamHeads& heads, std::int64_t now_ms) {
    for (const auto& each : lanes_)
        if (heads.of(each.stream) > each.made) return false;
    for (auto& each : lanes_) {
        const std::uint64_t head = heads.of(each.stream);
        if (head <= each.acknowledged) continue;
        release_to(each, head);
        each.timeout_ms = limits::kAckTimeoutMs;
        each.deadline_ms = now_ms + each.timeout_ms;
    }
    return true;
}

void Spool::release_to(Lane& of, std::uint64_t head) {
    while (!of.rows.empty() && of.rows.front().seq <= head) {
        bytes_ -= cost(of.rows.front());
        of.rows.pop_front();
        if (of.sent > 0) --of.sent;
    }
    while (!of.in_flight.empty() && of.in_flight.front() <= head) of.in_flight.pop_front();
    of.acknowledged = head;
}

bool Spool::holds(Stream stream, std::uint64_t seq) const {
    const auto& rows = lane(stream).rows;
    const auto at = std::lower_bound(rows.begin(), rows.end(), seq,
                                     [](const Row& row, std::uint64_t wanted) { return row.seq < wanted; });
    return at != rows.end() && at->seq == seq;
}

bool Spool::empty() const {
    return std::all_of(std::begin(lanes_), std::end(lanes_),
                       [](const Lane& each) { return each.rows.empty() && each.gaps.empty(); });
}

StreamHeads Spool::heads() const { return {lanes_[0].made, lanes_[1].made}; }
StreamHeads Spool::acknowledged() const { return {lanes_[0].acknowledged, lanes_[1].acknowledged}; }

}  // namespace pncp::agent
