#include "agent/core/spool.hpp"

#include <algorithm>
#include <utility>

#include "schema/codec.hpp"

namespace pncp::agent {
namespace {

constexpr const char* kLostByBroker = "acknowledged once, and no longer in the broker's journal";
/// msgpack around a row's body: array, numbers and lengths at their longest.
constexpr std::size_t kEncodedRowOverhead = 40;

std::size_t cost(const Row& row) { return Spool::kRowCost + row.body.capacity(); }

}  // namespace

Spool::Spool(const Id16& id, std::string boot_id, std::size_t max_bytes)
    : id_(id),
      boot_id_(std::move(boot_id)),
      max_bytes_(max_bytes),
      lanes_{Lane(DiskLane(Stream::metrics)), Lane(DiskLane(Stream::results))} {
    lane(Stream::results).stream = Stream::results;
}

Spool::Spool(FormerSpool former, const std::string& boot_id, std::size_t max_bytes)
    : id_(former.id),
      boot_id_(std::move(former.boot_id)),
      former_(true),
      this_boot_(boot_id_ == boot_id),
      max_bytes_(max_bytes),
      whole_(former.clean),
      lanes_{Lane(DiskLane(Stream::metrics, std::move(former.metrics), former.metrics_files)),
             Lane(DiskLane(Stream::results, std::move(former.results), former.results_files))} {
    for (const Stream stream : {Stream::metrics, Stream::results}) {
        lane(stream).stream = stream;
        lane(stream).made = former.heads.of(stream);
    }
}

std::uint64_t Spool::add(Stream stream, RowKind kind, const Clock& now, Bytes body) {
    const std::uint64_t seq = append(lane(stream), kind, now, std::move(body));
    make_room();
    return seq;
}

std::uint64_t Spool::append(Lane& to, RowKind kind, const Clock& now, Bytes body) {
    body.shrink_to_fit();
    auto& rows = to.disk.unread() ? to.fresh : to.rows;
    rows.push_back({to.stream, ++to.made, kind, now.boot_ms, now.wall_us, now.synced, std::move(body)});
    bytes_ += cost(rows.back());
    return to.made;
}

// --- dropping
// ---------------------------------------------------------------------------------------------------------

void Spool::make_room() {
    if (bytes_ <= max_bytes_) return;
    if (disk_ == Disk::works) {
        memory_full_ = true;
        return;
    }
    while (bytes_ > max_bytes_)
        if (!drop_oldest(lane(Stream::metrics)) && !drop_oldest(lane(Stream::results))) return;
}

// What is on the disk too is not lost by leaving memory, so it is left alone.
bool Spool::drop_oldest(Lane& of) {
    Row row;
    const auto at = std::partition_point(of.rows.begin(), of.rows.end(),
                                         [&](const Row& each) { return each.seq <= of.disk.spilled(); });
    if (at != of.rows.end()) {
        row = std::move(*at);
        if (at - of.rows.begin() < static_cast<std::ptrdiff_t>(of.sent)) --of.sent;
        of.rows.erase(at);
    } else if (!of.fresh.empty()) {
        row = std::move(of.fresh.front());
        of.fresh.pop_front();
    } else {
        return false;
    }
    bytes_ -= cost(row);
    ++dropped_;
    // A declaration that goes is not forgotten: its range waits to be declared again.
    if (row.kind == RowKind::gap) {
        if (const auto gap = decode<GapBody>(row.body)) {
            Lane& about = lane(gap->stream);
            note_gap(about.gaps, {gap->first, gap->last, kSpoolFull, kNotSent});
        }
    }
    note_gap(of.gaps, {row.seq, row.seq, kSpoolFull, flight_of(of, row.seq)});
    return true;
}

void Spool::note_gap(std::vector<Gap>& gaps, const Gap& gap) {
    for (auto& known : gaps) {
        if (known.reason != gap.reason || known.flight != gap.flight || gap.first > known.last + 1 ||
            known.first > gap.last + 1)
            continue;
        known.first = std::min(known.first, gap.first);
        known.last = std::max(known.last, gap.last);
        return;
    }
    if (gaps.size() < kPendingGaps) {
        gaps.push_back(gap);
        return;
    }
    Gap& last = gaps.back();
    last.first = std::min(last.first, gap.first);
    last.last = std::max(last.last, gap.last);
    last.flight = kNotSent;
}

// The broker may have committed rows that were dropped while they were on the way. As long as that flight is
// the last one, its head proves that all rows up to it that were sent arrived.
void Spool::forget_delivered_gaps(Lane& of, std::uint64_t head) {
    for (auto& gap : of.gaps)
        if (gap.flight != kNotSent && gap.flight == of.flight) gap.first = std::max(gap.first, head + 1);
    std::erase_if(of.gaps, [](const Gap& gap) { return gap.first > gap.last; });
}

void Spool::declare_gaps(const Clock& now) {
    for (const Stream stream : {Stream::metrics, Stream::results}) {
        Lane& of = lane(stream);
        // What may still turn out to have arrived is declared when its flight has ended.
        const auto open = [&](const Gap& gap) {
            return live_ && !flushing_ && !of.broken && gap.flight == of.flight && gap.flight != kNotSent;
        };
        const auto waiting = std::stable_partition(of.gaps.begin(), of.gaps.end(), open);
        std::vector<Gap> due;
        for (auto gap = waiting; gap != of.gaps.end(); ++gap)
            note_gap(due, {gap->first, gap->last, gap->reason, kNotSent});
        of.gaps.erase(waiting, of.gaps.end());
        for (const Gap& gap : due)
            append(lane(Stream::results), RowKind::gap, now,
                   encode(GapBody{id_, stream, gap.first, gap.last, gap.reason}));
    }
}

// --- sending
// ----------------------------------------------------------------------------------------------------------

bool Spool::window_open(const Lane& of) const {
    const std::size_t metrics = lane(Stream::metrics).in_flight.size();
    if (of.stream == Stream::metrics)
        return metrics < limits::kBatchesInFlight - kBatchesForResults && rows_allowed(of) > 0;
    return metrics + of.in_flight.size() < limits::kBatchesInFlight;
}

// The rest of the window, but at least one row.
std::size_t Spool::rows_allowed(const Lane& of) const {
    if (of.stream == Stream::results) return limits::kBatchRows;
    std::size_t on_the_way = 0;
    for (const Sent& sent : of.in_flight) on_the_way += sent.rows;
    if (on_the_way == 0) return std::min(window_.rows(), limits::kBatchRows);
    return on_the_way < window_.rows() ? std::min(window_.rows() - on_the_way, limits::kBatchRows) : 0;
}

std::optional<Batch> Spool::next_batch(const Clock& now) {
    if (!live_) return std::nullopt;
    Lane& results = lane(Stream::results);
    if (window_open(results) && !former_) declare_gaps(now);
    for (Lane* from : {&results, &lane(Stream::metrics)})
        if (from->sent < from->rows.size() && window_open(*from)) return take_batch(*from, now);
    return std::nullopt;
}

Batch Spool::take_batch(Lane& from, const Clock& now) {
    Batch batch;
    batch.spool = id_;
    batch.boot_id = boot_id_;
    batch.sent_boot_ms = this_boot_ ? now.boot_ms : 0;
    batch.after = acknowledged();
    if (std::exchange(from.broken, false)) {
        ++from.flight;
        from.sent_to = from.acknowledged;
    }
    batch.after.of(from.stream) = std::max(from.sent_to, from.acknowledged);
    std::size_t filled = 0;
    const std::size_t most = rows_allowed(from);
    while (from.sent < from.rows.size() && batch.rows.size() < most) {
        const Row& row = from.rows[from.sent];
        filled += row.body.size() + kEncodedRowOverhead;
        if (!batch.rows.empty() && filled > limits::kPageBytes) break;
        batch.rows.push_back(row);
        ++from.sent;
    }
    if (from.in_flight.empty()) from.deadline_ms = now.boot_ms + from.timeout_ms;
    from.in_flight.push_back({batch.rows.back().seq, batch.rows.size(), now.boot_ms});
    from.sent_to = batch.rows.back().seq;
    return batch;
}

void Spool::rewind(Lane& of) {
    of.sent = 0;
    of.in_flight.clear();
    of.broken = true;
}

void Spool::suspend() {
    if (!std::exchange(live_, false)) return;
    for (auto& each : lanes_) {
        rewind(each);
        if (disk_ != Disk::none || former_) leave_memory(each, 0);
    }
}

void Spool::resume(const StreamHeads& acknowledged) {
    live_ = true;
    window_.begin();
    for (auto& each : lanes_) {
        rewind(each);
        each.timeout_ms = limits::kAckTimeoutMs;
        // Of a former spool some rows may have been delivered that never were on the disk.
        if (former_) each.made = std::max(each.made, acknowledged.of(each.stream));
        const std::uint64_t head = std::min(acknowledged.of(each.stream), each.made);
        forget_delivered_gaps(each, head);
        if (head < each.acknowledged && !former_) {
            // Another journal, or one put back from a copy: what we released on its word can't be sent again.
            note_gap(each.gaps, {head + 1, each.acknowledged, kLostByBroker, kNotSent});
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
        if (each.stream == Stream::metrics) window_.timed_out();
        rewind(each);
    }
}

std::optional<std::int64_t> Spool::wake_at_ms() const {
    std::optional<std::int64_t> at = spill_at_ms();
    for (const auto& each : lanes_)
        if (!each.in_flight.empty()) at = std::min(at.value_or(each.deadline_ms), each.deadline_ms);
    return at;
}

// --- acknowledgement
// --------------------------------------------------------------------------------------------------

bool Spool::acknowledge(const StreamHeads& heads, std::int64_t now_ms) {
    for (auto& each : lanes_) {
        if (heads.of(each.stream) <= each.made) continue;
        if (!former_) return false;
        each.made = heads.of(each.stream);
    }
    for (auto& each : lanes_) {
        const std::uint64_t head = heads.of(each.stream);
        if (head <= each.acknowledged) continue;
        forget_delivered_gaps(each, head);
        for (const Sent& sent : each.in_flight)
            if (sent.last <= head && each.stream == Stream::metrics)
                window_.acknowledged(sent.rows, now_ms - sent.at_ms, now_ms);
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
    while (!of.fresh.empty() && of.fresh.front().seq <= head) {
        bytes_ -= cost(of.fresh.front());
        of.fresh.pop_front();
    }
    while (!of.in_flight.empty() && of.in_flight.front().last <= head) of.in_flight.pop_front();
    of.acknowledged = head;
    if (disk_ == Disk::none && !former_) return;
    for (const std::uint32_t segment : of.disk.release(head)) deletes_.push_back({id_, of.stream, segment});
    join_fresh(of);
}

bool Spool::holds(Stream stream, std::uint64_t seq) const {
    const auto in = [seq](const std::deque<Row>& rows) {
        const auto at =
            std::lower_bound(rows.begin(), rows.end(), seq,
                             [](const Row& row, std::uint64_t wanted) { return row.seq < wanted; });
        return at != rows.end() && at->seq == seq;
    };
    const Lane& of = lane(stream);
    return in(of.rows) || in(of.fresh) || of.disk.holds(seq);
}

bool Spool::empty() const {
    return std::all_of(std::begin(lanes_), std::end(lanes_), [](const Lane& each) {
        return each.rows.empty() && each.fresh.empty() && each.disk.empty() && each.gaps.empty();
    });
}

StreamHeads Spool::heads() const { return {lanes_[0].made, lanes_[1].made}; }
StreamHeads Spool::acknowledged() const { return {lanes_[0].acknowledged, lanes_[1].acknowledged}; }

}  // namespace pncp::agent
