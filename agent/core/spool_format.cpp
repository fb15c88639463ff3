#include "agent/core/spool_format.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

constexpr std::string_view kMagic = "PNCPSPL1";
constexpr std::string_view kEnd = "CLEANEND";
constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kTextBytes = 63;
/// msgpack around a row's body: array, numbers and lengths at their longest.
constexpr std::size_t kEncodedRowOverhead = 40;

void put(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

template <typename Unsigned>
void put_number(Bytes& out, Unsigned number) {
    const std::size_t at = out.size();
    out.resize(at + sizeof number);
    store_be(out.data() + at, number);
}

void put_text(Bytes& out, std::string_view text) {
    text = text.substr(0, kTextBytes);
    out.push_back(static_cast<std::uint8_t>(text.size()));
    put(out, view(text));
    out.resize(out.size() + kTextBytes - text.size());
}

std::optional<std::string> read_text(ByteView field) {
    if (field[0] > kTextBytes) return std::nullopt;
    return std::string(text_view(field.subspan(1, field[0])));
}

Bytes check(const Id16& spool, ByteView bytes) {
    Bytes covered(spool.begin(), spool.end());
    put(covered, bytes);
    const Key32 hash = sha256(covered);
    return {hash.begin(), hash.begin() + kCheckBytes};
}

bool checks(const Id16& spool, ByteView bytes, ByteView expected) {
    return std::ranges::equal(check(spool, bytes), expected);
}

struct RecordHeader {
    std::uint32_t length = 0;
    std::uint32_t rows = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    ByteView payload_check;
};

std::optional<RecordHeader> read_record_header(ByteView bytes, const Id16& spool) {
    if (bytes.size() < kSpoolRecordHeaderBytes) return std::nullopt;
    if (!checks(spool, bytes.first(32), bytes.subspan(32, kCheckBytes))) return std::nullopt;
    RecordHeader header{load_be<std::uint32_t>(bytes.data()), load_be<std::uint32_t>(bytes.data() + 4),
                        load_be<std::uint64_t>(bytes.data() + 8), load_be<std::uint64_t>(bytes.data() + 16),
                        bytes.subspan(24, kCheckBytes)};
    if (header.rows == 0 || header.first == 0 || header.last < header.first) return std::nullopt;
    if (header.last - header.first != header.rows - 1 || header.length > limits::kFrameBytes)
        return std::nullopt;
    return header;
}

/// Rows of one record, taken from `rows` at `at`, which moves on.
std::vector<Row> next_record(const RowRefs& rows, std::size_t& at) {
    std::vector<Row> record;
    std::size_t filled = 0;
    for (; at < rows.size() && record.size() < limits::kBatchRows; ++at) {
        filled += rows[at]->body.size() + kEncodedRowOverhead;
        if (!record.empty() && (filled > limits::kPageBytes || rows[at]->seq != record.back().seq + 1)) break;
        record.push_back(*rows[at]);
    }
    return record;
}

}  // namespace

Bytes encode_spool_header(const SpoolFileHeader& header) {
    Bytes out;
    out.reserve(kSpoolHeaderBytes);
    put(out, view(kMagic));
    put(out, header.spool);
    out.push_back(static_cast<std::uint8_t>(header.kind));
    put_number(out, header.number);
    put_text(out, header.agent);
    put_text(out, header.boot_id);
    put(out, check(header.spool, out));
    return out;
}

std::optional<SpoolFileHeader> read_spool_header(ByteView bytes) {
    if (bytes.size() < kSpoolHeaderBytes || text_view(bytes.first(8)) != kMagic) return std::nullopt;
    SpoolFileHeader header;
    std::copy_n(bytes.begin() + 8, header.spool.size(), header.spool.begin());
    constexpr std::size_t kCovered = kSpoolHeaderBytes - kCheckBytes;
    if (!checks(header.spool, bytes.first(kCovered), bytes.subspan(kCovered, kCheckBytes)))
        return std::nullopt;
    if (bytes[24] > static_cast<std::uint8_t>(SpoolFileKind::results)) return std::nullopt;
    header.kind = static_cast<SpoolFileKind>(bytes[24]);
    header.number = load_be<std::uint32_t>(bytes.data() + 25);
    const auto agent = read_text(bytes.subspan(29, 64));
    const auto boot = read_text(bytes.subspan(93, 64));
    if (!agent || !boot) return std::nullopt;
    header.agent = *agent;
    header.boot_id = *boot;
    return header;
}

Bytes encode_spool_end(const Id16& spool, const StreamHeads& heads) {
    Bytes out = to_bytes(view(kEnd));
    put_number(out, heads.metrics);
    put_number(out, heads.results);
    put(out, check(spool, out));
    return out;
}

std::optional<StreamHeads> read_spool_end(ByteView bytes, const Id16& spool) {
    if (bytes.size() != kSpoolEndBytes || text_view(bytes.first(8)) != kEnd) return std::nullopt;
    if (!checks(spool, bytes.first(24), bytes.subspan(24))) return std::nullopt;
    return StreamHeads{load_be<std::uint64_t>(bytes.data() + 8), load_be<std::uint64_t>(bytes.data() + 16)};
}

void add_extent(std::vector<Extent>& to, const Extent& next) {
    if (!to.empty()) {
        Extent& last = to.back();
        const bool adjacent = last.segment == next.segment && last.offset + last.bytes == next.offset &&
                              last.last + 1 == next.first;
        if (adjacent && last.bytes + next.bytes <= limits::kPageBytes) {
            last.bytes += next.bytes;
            last.last = next.last;
            return;
        }
    }
    to.push_back(next);
}

std::vector<Extent> append_records(Bytes& out, const Id16& spool, const RowRefs& rows) {
    std::vector<Extent> extents;
    for (std::size_t at = 0; at < rows.size();) {
        Batch batch;
        batch.spool = spool;
        batch.rows = next_record(rows, at);
        const Bytes payload = encode(batch);
        Bytes header;
        put_number(header, static_cast<std::uint32_t>(payload.size()));
        put_number(header, static_cast<std::uint32_t>(batch.rows.size()));
        put_number(header, batch.rows.front().seq);
        put_number(header, batch.rows.back().seq);
        put(header, check(spool, payload));
        put(header, check(spool, header));
        extents.push_back({0, static_cast<std::uint32_t>(out.size()),
                           static_cast<std::uint32_t>(header.size() + payload.size()), batch.rows.front().seq,
                           batch.rows.back().seq});
        put(out, header);
        put(out, payload);
    }
    return extents;
}

Result<std::vector<Row>> read_records(ByteView bytes, const Id16& spool, Stream stream) {
    std::vector<Row> rows;
    const Error altered{"the bytes on the disk are not those that were written", ""};
    while (!bytes.empty()) {
        const auto header = read_record_header(bytes, spool);
        if (!header || bytes.size() - kSpoolRecordHeaderBytes < header->length) return altered;
        const ByteView payload = bytes.subspan(kSpoolRecordHeaderBytes, header->length);
        if (!checks(spool, payload, header->payload_check)) return altered;
        auto batch = decode<Batch>(payload);
        if (!batch || batch->rows.size() != header->rows) return altered;
        for (Row& row : batch->rows) {
            const std::uint64_t expected =
                header->first + static_cast<std::uint64_t>(&row - batch->rows.data());
            if (row.stream != stream || row.seq != expected || row.body.size() > limits::kRowBodyBytes)
                return altered;
            rows.push_back(std::move(row));
        }
        bytes = bytes.subspan(kSpoolRecordHeaderBytes + header->length);
    }
    return rows;
}

SegmentRows walk_segment(const ReadAt& read_at, std::uint64_t file_bytes, const Id16& spool,
                         std::uint32_t number) {
    SegmentRows found;
    std::uint64_t at = kSpoolHeaderBytes;
    constexpr std::uint64_t kOffsetMax = std::numeric_limits<std::uint32_t>::max() - 2 * limits::kFrameBytes;
    while (at < file_bytes && at < kOffsetMax) {
        const Bytes bytes = read_at(at, kSpoolRecordHeaderBytes);
        const auto header = read_record_header(bytes, spool);
        if (!header || file_bytes - at < kSpoolRecordHeaderBytes + header->length) break;
        const auto size = static_cast<std::uint32_t>(kSpoolRecordHeaderBytes + header->length);
        add_extent(found.extents,
                   {number, static_cast<std::uint32_t>(at), size, header->first, header->last});
        at += size;
    }
    found.whole = at == file_bytes;
    return found;
}

void add_segment(FormerSpool& to, Stream stream, std::uint32_t number, std::uint64_t file_bytes,
                 const SegmentRows& found) {
    const bool metrics = stream == Stream::metrics;
    (metrics ? to.metrics_files : to.results_files).emplace_back(number, file_bytes);
    if (!found.whole) to.clean = false;
    auto& extents = metrics ? to.metrics : to.results;
    for (const Extent& extent : found.extents) {
        if (!extents.empty() && extent.first <= extents.back().last) {
            to.clean = false;
            continue;
        }
        add_extent(extents, extent);
        to.heads.of(stream) = std::max(to.heads.of(stream), extent.last);
    }
}

}  // namespace pncp::agent
