#include "agent/core/disk_lane.hpp"

#include <algorithm>
#include <utility>

namespace pncp::agent {

DiskLane::DiskLane(Stream stream, std::vector<Extent> found,
                   const std::vector<std::pair<std::uint32_t, std::uint64_t>>& files)
    : stream_(stream), extents_(std::move(found)), files_(files.begin(), files.end()) {
    if (!extents_.empty()) spilled_ = extents_.back().last;
}

std::uint64_t DiskLane::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [segment, bytes] : files_) sum += bytes;
    return sum;
}

bool DiskLane::holds(std::uint64_t seq) const {
    const auto at = std::partition_point(extents_.begin() + static_cast<std::ptrdiff_t>(begin_),
                                         extents_.end(), [&](const Extent& e) { return e.last < seq; });
    return at != extents_.end() && at->first <= seq;
}

std::optional<Extent> DiskLane::unread() const {
    const auto at = std::partition_point(extents_.begin() + static_cast<std::ptrdiff_t>(begin_),
                                         extents_.end(), [&](const Extent& e) { return e.last <= read_to_; });
    if (at == extents_.end()) return std::nullopt;
    return *at;
}

void DiskLane::lose(const Extent& extent) {
    const auto at = std::find_if(extents_.begin() + static_cast<std::ptrdiff_t>(begin_), extents_.end(),
                                 [&](const Extent& e) { return e.last == extent.last; });
    if (at != extents_.end()) extents_.erase(at);
}

DiskLane::Write DiskLane::plan(const Id16& spool, const RowRefs& rows) {
    Write write;
    if (segment_bytes_ == 0 || segment_bytes_ >= kSegmentBytes) {
        ++segment_;
        segment_bytes_ = kSpoolHeaderBytes;
    }
    write.segment = segment_;
    write.offset = static_cast<std::uint32_t>(segment_bytes_);
    writing_ = append_records(write.bytes, spool, rows);
    for (Extent& extent : writing_) {
        extent.segment = write.segment;
        extent.offset += write.offset;
    }
    writing_end_ = write.offset + write.bytes.size();
    return write;
}

void DiskLane::written(bool ok) {
    if (!ok) {
        // What stands in the file now is not known for sure.
        segment_bytes_ = 0;
        writing_.clear();
        return;
    }
    extents_.erase(extents_.begin(), extents_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
    for (const Extent& extent : writing_) {
        add_extent(extents_, extent);
        spilled_ = extent.last;
    }
    writing_.clear();
    segment_bytes_ = writing_end_;
    files_[segment_] = segment_bytes_;
}

std::vector<std::uint32_t> DiskLane::release(std::uint64_t head) {
    while (begin_ < extents_.size() && extents_[begin_].last <= head) ++begin_;
    if (empty()) {
        extents_.clear();
        extents_.shrink_to_fit();
        begin_ = 0;
    }
    read_to_ = std::max(read_to_, head);
    return files_without_rows();
}

std::vector<std::uint32_t> DiskLane::files_without_rows() {
    std::vector<std::uint32_t> gone;
    const std::uint32_t first = empty() ? segment_ + 1 : extents_[begin_].segment;
    while (!files_.empty() && (empty() || files_.begin()->first < first)) {
        gone.push_back(files_.begin()->first);
        files_.erase(files_.begin());
    }
    if (empty()) segment_bytes_ = 0;
    return gone;
}

std::optional<DiskLane::Dropped> DiskLane::drop_oldest() {
    if (files_.empty()) return std::nullopt;
    Dropped dropped;
    dropped.segment = files_.begin()->first;
    files_.erase(files_.begin());
    for (; begin_ < extents_.size() && extents_[begin_].segment == dropped.segment; ++begin_)
        dropped.extents.push_back(extents_[begin_]);
    if (dropped.segment == segment_) segment_bytes_ = 0;
    return dropped;
}

}  // namespace pncp::agent
