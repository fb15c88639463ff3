// The spool's dealings with the disk: what is written, when it leaves memory, when it comes back.
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "agent/core/spool.hpp"

namespace pncp::agent {
namespace {

constexpr const char* kUnreadable = "lost by the device: its disk did not give back what was written";
/// Around a record on the disk, shared by its rows; a generous bound for one row alone.
constexpr std::size_t kRowOnDisk = 160;

}  // namespace

void Spool::use_disk(std::int64_t spill_after_ms) {
    disk_ = Disk::works;
    spill_after_ms_ = spill_after_ms;
}

// --- writing
// ----------------------------------------------------------------------------------------------------------

const Row* Spool::oldest_unspilled(const Lane& of) {
    const auto at = std::partition_point(of.rows.begin(), of.rows.end(),
                                         [&](const Row& row) { return row.seq <= of.disk.spilled(); });
    if (at != of.rows.end()) return &*at;
    return of.fresh.empty() ? nullptr : &of.fresh.front();
}

bool Spool::unspilled() const {
    return oldest_unspilled(lanes_[0]) != nullptr || oldest_unspilled(lanes_[1]) != nullptr;
}

std::optional<std::int64_t> Spool::spill_at_ms() const {
    if (disk_ == Disk::none || former_) return std::nullopt;
    std::optional<std::int64_t> at;
    for (const Lane& each : lanes_)
        if (const Row* row = oldest_unspilled(each))
            at = std::min(at.value_or(row->boot_ms + spill_after_ms_), row->boot_ms + spill_after_ms_);
    if (at && disk_ == Disk::fails) at = std::max(*at, retry_at_ms_);
    return at;
}

std::size_t Spool::spill_bytes(const Clock& now) {
    if (disk_ == Disk::none || former_ || lanes_[0].writing || lanes_[1].writing) return 0;
    if (disk_ == Disk::fails && now.boot_ms < retry_at_ms_ && !flushing_) return 0;
    const auto due_ms = spill_at_ms();
    if (!due_ms || (!flushing_ && !memory_full_ && now.boot_ms < *due_ms)) return 0;
    std::size_t bytes = 2 * kSpoolHeaderBytes;
    for (const Lane& each : lanes_)
        for (const auto* rows : {&each.rows, &each.fresh})
            for (const Row& row : *rows)
                if (row.seq > each.disk.spilled()) bytes += row.body.size() + kRowOnDisk;
    return bytes;
}

void Spool::spill(Actions& out) {
    memory_full_ = false;
    for (Lane& each : lanes_) each.failed = false;
    for (Lane& each : lanes_) {
        RowRefs refs;
        for (const auto* rows : {&each.rows, &each.fresh})
            for (const Row& row : *rows)
                if (row.seq > each.disk.spilled()) refs.push_back(&row);
        if (refs.empty()) continue;
        DiskLane::Write write = each.disk.plan(id_, refs);
        each.writing = true;
        out.emplace_back(SpoolAppend{each.stream, write.segment, write.offset, std::move(write.bytes)});
    }
}

void Spool::on_appended(Stream stream, bool ok, std::int64_t now_ms) {
    Lane& of = lane(stream);
    if (!std::exchange(of.writing, false)) return;
    of.disk.written(ok);
    if (!ok) {
        of.failed = true;
        return disk_failed(now_ms);
    }
    if (!lanes_[0].failed && !lanes_[1].failed) disk_ = Disk::works;
    leave_memory(of, live_ ? of.sent : 0);
}

void Spool::disk_failed(std::int64_t now_ms) {
    disk_ = Disk::fails;
    retry_at_ms_ = now_ms + spill_after_ms_;
    memory_full_ = false;
    // A stop does not wait for a disk that refuses.
    flushing_ = false;
    make_room();
}

// What is on the disk need not be in memory, unless it is on its way to the broker.
void Spool::leave_memory(Lane& of, std::size_t keep) {
    std::deque<Row> behind;
    while (of.rows.size() > keep) {
        Row& row = of.rows.back();
        if (row.seq <= of.disk.spilled())
            bytes_ -= kRowCost + row.body.capacity();
        else
            behind.push_front(std::move(row));
        of.rows.pop_back();
    }
    of.disk.set_read_to(std::max(of.acknowledged, of.rows.empty() ? 0 : of.rows.back().seq));
    of.fresh.insert(of.fresh.begin(), std::make_move_iterator(behind.begin()),
                    std::make_move_iterator(behind.end()));
    while (!of.fresh.empty() && of.fresh.front().seq <= of.disk.spilled()) {
        bytes_ -= kRowCost + of.fresh.front().body.capacity();
        of.fresh.pop_front();
    }
    join_fresh(of);
}

void Spool::join_fresh(Lane& of) {
    if (of.disk.unread()) return;
    std::move(of.fresh.begin(), of.fresh.end(), std::back_inserter(of.rows));
    of.fresh.clear();
}

void Spool::flush_all(const Clock& now) {
    declare_gaps(now);
    flushing_ = true;
}

bool Spool::flushed() const {
    return flushing_ && disk_ == Disk::works && !unspilled() && !lanes_[0].writing && !lanes_[1].writing;
}

std::uint64_t Spool::disk_bytes() const { return lanes_[0].disk.bytes() + lanes_[1].disk.bytes(); }

// --- reading and deleting
// ---------------------------------------------------------------------------------------------

void Spool::disk_chores(Actions& out) {
    for (SpoolDelete& each : std::exchange(deletes_, {})) out.emplace_back(each);
    if (!live_) return;
    for (Lane& each : lanes_) {
        if (each.reading || each.sent < each.rows.size() || !window_open(each)) continue;
        const auto page = each.disk.unread();
        // With results' window full of what is on the way, memory is full enough.
        if (!page || (bytes_ + page->bytes > max_bytes_ && !each.in_flight.empty())) continue;
        each.reading = true;
        out.emplace_back(SpoolRead{id_, each.stream, *page});
    }
}

bool Spool::on_read(Stream stream, const Extent& extent, const Result<Bytes>& bytes) {
    Lane& of = lane(stream);
    if (!std::exchange(of.reading, false)) return false;
    const auto wanted = of.disk.unread();
    // The session may have ended, or the page been acknowledged or given up, in between.
    if (!live_ || !wanted || !(*wanted == extent)) return true;
    auto rows = bytes ? read_records(*bytes, id_, stream) : Result<std::vector<Row>>(bytes.error());
    if (!rows) {
        of.disk.lose(extent);
        lose_rows(of, extent, kUnreadable);
        return true;
    }
    for (Row& row : *rows) {
        if (row.seq <= of.disk.read_to()) continue;
        row.body.shrink_to_fit();
        bytes_ += kRowCost + row.body.capacity();
        of.rows.push_back(std::move(row));
    }
    of.disk.set_read_to(extent.last);
    join_fresh(of);
    return true;
}

void Spool::lose_rows(Lane& of, const Extent& extent, const char* reason) {
    const std::uint64_t first = std::max(extent.first, of.acknowledged + 1);
    if (first > extent.last) return;
    dropped_ += extent.last - first + 1;
    if (former_ || of.stream == Stream::results) whole_ = false;
    if (!former_) note_gap(of.gaps, {first, extent.last, reason, flight_of(of, extent.last)});
    join_fresh(of);
}

bool Spool::drop_oldest_on_disk(Stream stream) {
    Lane& of = lane(stream);
    const auto dropped = of.disk.drop_oldest();
    if (!dropped) return false;
    deletes_.push_back({id_, stream, dropped->segment});
    for (const Extent& extent : dropped->extents) {
        for (std::size_t i = 0; i < of.rows.size() && of.rows[i].seq <= extent.last;)
            if (of.rows[i].seq >= extent.first)
                forget_row(of, i);
            else
                ++i;
        lose_rows(of, extent, kSpoolFull);
    }
    return true;
}

void Spool::forget_row(Lane& of, std::size_t index) {
    const auto row = of.rows.begin() + static_cast<std::ptrdiff_t>(index);
    bytes_ -= kRowCost + row->body.capacity();
    of.rows.erase(row);
    if (index < of.sent) --of.sent;
}

}  // namespace pncp::agent
