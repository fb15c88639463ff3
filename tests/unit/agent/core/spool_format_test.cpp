#include "agent/core/spool_format.hpp"

#include <gtest/gtest.h>

#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

const Id16 kSpool{1, 2, 3};

std::vector<Row> made_rows(std::uint64_t first, int count, std::size_t body = 40) {
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t seq = first + static_cast<std::uint64_t>(i);
        rows.push_back({Stream::metrics, seq, RowKind::metrics, static_cast<std::int64_t>(seq) * 10, 5, true,
                        Bytes(body, static_cast<std::uint8_t>(seq))});
    }
    return rows;
}
RowRefs refs(const std::vector<Row>& rows) {
    RowRefs made;
    for (const Row& row : rows) made.push_back(&row);
    return made;
}

struct Segment {
    Bytes file = encode_spool_header({kSpool, SpoolFileKind::metrics, 1, "pi-1", "boot"});
    std::vector<std::uint64_t> record_ends;  ///< offsets
    void write(const std::vector<Row>& rows) {
        const auto extents = append_records(file, kSpool, refs(rows));
        for (const auto& extent : extents) record_ends.push_back(extent.offset + extent.bytes);
    }
};
SegmentRows walk(const Bytes& file) {
    const auto read_at = [&](std::uint64_t offset, std::size_t size) {
        const auto from =
            file.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, file.size()));
        return Bytes(from, from + std::min(static_cast<std::ptrdiff_t>(size), file.end() - from));
    };
    return walk_segment(read_at, file.size(), kSpool, 1);
}
/// The numbers of all rows that can be read.
std::vector<std::uint64_t> rows_in(const Bytes& file) {
    std::vector<std::uint64_t> found;
    for (const Extent& extent : walk(file).extents) {
        const auto rows =
            read_records(ByteView(file).subspan(extent.offset, extent.bytes), kSpool, Stream::metrics);
        if (!rows) continue;
        for (const Row& row : *rows) found.push_back(row.seq);
    }
    return found;
}

TEST(SpoolFormat, WhatIsWrittenIsReadBack) {
    Segment segment;
    const auto rows = made_rows(5, 700);
    segment.write(rows);
    const auto found = walk(segment.file);
    EXPECT_TRUE(found.whole);
    std::vector<Row> again;
    for (const Extent& extent : found.extents) {
        EXPECT_LE(extent.bytes, limits::kFrameBytes);
        auto page = read_records(ByteView(segment.file).subspan(extent.offset, extent.bytes), kSpool,
                                 Stream::metrics);
        ASSERT_TRUE(page);
        again.insert(again.end(), page->begin(), page->end());
    }
    EXPECT_EQ(again, rows);
}

TEST(SpoolFormat, CutAtAnyByteThereAreTheWholeRecordsBeforeItAndNoOthers) {
    Segment segment;
    segment.write(made_rows(1, 3));
    segment.write(made_rows(4, 1));
    segment.write(made_rows(5, 2));
    const std::vector<std::size_t> rows_by_record{3, 4, 6};
    for (std::size_t size = kSpoolHeaderBytes; size <= segment.file.size(); ++size) {
        const Bytes cut(segment.file.begin(), segment.file.begin() + static_cast<std::ptrdiff_t>(size));
        std::size_t expected = 0;
        bool at_an_end = size == kSpoolHeaderBytes;
        for (std::size_t i = 0; i < segment.record_ends.size(); ++i) {
            if (segment.record_ends[i] <= size) expected = rows_by_record[i];
            if (segment.record_ends[i] == size) at_an_end = true;
        }
        ASSERT_EQ(rows_in(cut).size(), expected) << "cut at " << size;
        ASSERT_EQ(walk(cut).whole, at_an_end) << "cut at " << size;
    }
}

TEST(SpoolFormat, ATailOfZerosIsNotARecord) {
    Segment segment;
    segment.write(made_rows(1, 3));
    segment.file.resize(segment.file.size() + 500);
    EXPECT_EQ(rows_in(segment.file).size(), 3U);
    EXPECT_FALSE(walk(segment.file).whole);
}

TEST(SpoolFormat, AnyAlteredByteLosesRowsAndNeverChangesThem) {
    Segment segment;
    const auto rows = made_rows(1, 4);
    segment.write(rows);
    for (std::size_t at = kSpoolHeaderBytes; at < segment.file.size(); ++at) {
        Bytes altered = segment.file;
        altered[at] ^= 0x20;
        EXPECT_TRUE(rows_in(altered).empty()) << "byte " << at;
    }
}

TEST(SpoolFormat, ARecordOfAnotherSpoolIsNotTaken) {
    Segment segment;
    append_records(segment.file, Id16{9}, refs(made_rows(1, 2)));
    EXPECT_TRUE(walk(segment.file).extents.empty());
}

TEST(SpoolFormat, AHoleInTheNumbersBeginsAnotherExtent) {
    Segment segment;
    auto rows = made_rows(1, 2);
    const auto later = made_rows(10, 2);
    rows.insert(rows.end(), later.begin(), later.end());
    segment.write(rows);
    const auto found = walk(segment.file);
    ASSERT_EQ(found.extents.size(), 2U);
    EXPECT_EQ(found.extents[0].last, 2U);
    EXPECT_EQ(found.extents[1].first, 10U);
}

TEST(SpoolFormat, SmallNeighboursAreReadInOneGo) {
    Segment segment;
    for (std::uint64_t i = 0; i < 10; ++i) segment.write(made_rows(1 + 2 * i, 2));
    EXPECT_EQ(walk(segment.file).extents.size(), 1U);
    EXPECT_EQ(rows_in(segment.file).size(), 20U);
}

TEST(SpoolFormat, HeadersAndEndsAreReadBackOrNotAtAll) {
    const SpoolFileHeader header{kSpool, SpoolFileKind::results, 77, "pi-1.lab", "boot-id"};
    const Bytes bytes = encode_spool_header(header);
    ASSERT_EQ(bytes.size(), kSpoolHeaderBytes);
    EXPECT_EQ(read_spool_header(bytes), header);
    const Bytes end = encode_spool_end(kSpool, {4, 5});
    ASSERT_EQ(end.size(), kSpoolEndBytes);
    EXPECT_EQ(read_spool_end(end, kSpool), (StreamHeads{4, 5}));
    EXPECT_FALSE(read_spool_end(end, Id16{9}));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes altered = bytes;
        altered[i] ^= 1;
        EXPECT_FALSE(read_spool_header(altered)) << i;
    }
    for (std::size_t i = 0; i < end.size(); ++i) {
        Bytes altered = end;
        altered[i] ^= 1;
        EXPECT_FALSE(read_spool_end(altered, kSpool)) << i;
        EXPECT_FALSE(read_spool_end(ByteView(end).first(i), kSpool));
    }
}

}  // namespace
}  // namespace pncp::agent
