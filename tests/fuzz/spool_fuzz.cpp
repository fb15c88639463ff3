// Invariant: any bytes are read as a disk spool's files without reading beyond them; what comes out of a
// segment that was written, then torn, altered or lengthened, is a subset of the rows that went in,
// unchanged, each once and ascending; and the folder of any such spool is drained by Spool to its end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "agent/core/spool.hpp"
#include "tests/fuzz/grammar.hpp"

namespace {

using namespace pncp;
using namespace pncp::agent;
using fuzz::Choices;

const Id16 kSpool{1};

void expect(bool holds) {
    if (!holds) std::abort();
}

ReadAt reader(const Bytes& file) {
    return [&file](std::uint64_t offset, std::size_t size) {
        if (offset >= file.size()) return Bytes{};
        const auto from = file.begin() + static_cast<std::ptrdiff_t>(offset);
        return Bytes(from,
                     from + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(size, file.size() - offset)));
    };
}

/// Rows of random size, in records as the spool writes them.
Bytes written(Choices& choices, std::map<std::uint64_t, Row>& rows) {
    Bytes file = encode_spool_header({kSpool, SpoolFileKind::metrics, 1, "pi-1", "boot"});
    std::uint64_t seq = 0;
    for (std::size_t record = choices.below(6); record > 0; --record) {
        std::vector<Row> made;
        for (std::size_t i = choices.below(5) + 1; i > 0; --i) {
            seq += choices.below(16) == 0 ? 3 : 1;
            made.push_back({Stream::metrics, seq, RowKind::metrics, 1, 2, true, Bytes(choices.byte(), 7)});
            rows[seq] = made.back();
        }
        RowRefs refs;
        for (const Row& row : made) refs.push_back(&row);
        append_records(file, kSpool, refs);
    }
    return file;
}

void damage(Choices& choices, Bytes& file) {
    for (std::size_t i = choices.below(4); i > 0; --i) {
        const std::size_t at = (choices.byte() * 256U + choices.byte()) % (file.size() + 1);
        switch (choices.below(4)) {
            case 0:
                file.resize(at);
                break;
            case 1:
                if (at < file.size()) file[at] ^= static_cast<std::uint8_t>(choices.byte() | 1U);
                break;
            case 2: {
                const Bytes more = choices.bytes();
                file.insert(file.end(), more.begin(), more.end());
                break;
            }
            default:
                break;
        }
    }
}

void read_strange(ByteView bytes) {
    (void)read_spool_header(bytes);
    (void)read_spool_end(bytes, kSpool);
    (void)read_records(bytes, kSpool, Stream::results);
    const Bytes file = to_bytes(bytes);
    for (const Extent& extent : walk_segment(reader(file), file.size(), kSpool, 1).extents)
        expect(extent.offset + std::uint64_t{extent.bytes} <= file.size());
}

/// The rows that come out, given to nobody.
void drain(const Bytes& file, const std::map<std::uint64_t, Row>& rows) {
    FormerSpool found;
    found.id = kSpool;
    found.boot_id = "boot";
    add_segment(found, Stream::metrics, 1, file.size(), walk_segment(reader(file), file.size(), kSpool, 1));
    Spool spool(std::move(found), "boot", 64 * 1024);
    spool.resume({});
    std::uint64_t last = 0;
    for (int steps = 0; !spool.empty(); ++steps) {
        expect(steps < 1'000);
        Actions actions;
        spool.disk_chores(actions);
        for (const Action& action : actions) {
            const auto* read = std::get_if<SpoolRead>(&action);
            if (read == nullptr) continue;
            expect(read->extent.offset + std::uint64_t{read->extent.bytes} <= file.size());
            spool.on_read(read->stream, read->extent, reader(file)(read->extent.offset, read->extent.bytes));
        }
        const auto batch = spool.next_batch({1, 0, false});
        if (!batch) continue;
        for (const Row& row : batch->rows) {
            expect(row.seq > last);
            last = row.seq;
            const auto original = rows.find(row.seq);
            expect(original != rows.end() && original->second == row);
        }
        spool.acknowledge({last, 0}, 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read_strange({data, size});
    Choices choices({data, size});
    std::map<std::uint64_t, Row> rows;
    Bytes file = written(choices, rows);
    damage(choices, file);
    if (!read_spool_header(file)) return 0;
    drain(file, rows);
    return 0;
}
