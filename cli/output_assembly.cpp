#include "cli/output_assembly.hpp"

#include <algorithm>
#include <limits>

namespace pncp::cli {
namespace {

struct Span {
    std::uint64_t offset;
    ByteView bytes;
};

}  // namespace

std::uint64_t StreamText::missing_bytes() const {
    std::uint64_t sum = 0;
    for (const Missing& each : missing) sum += each.bytes;
    return sum;
}

void OutputAssembly::add(std::uint64_t offset, ByteView bytes) {
    // An empty row carries nothing, and would cost memory without being counted; nor may an end wrap around.
    if (bytes.empty() || held_ + bytes.size() > kStreamBytesMax) return;
    if (offset > std::numeric_limits<std::uint64_t>::max() - bytes.size()) return;
    held_ += bytes.size();
    pieces_.push_back({offset, to_bytes(bytes)});
}

StreamText OutputAssembly::finish(std::uint64_t length, ByteView tail) const {
    length = std::max<std::uint64_t>(length, tail.size());
    std::vector<Span> spans;
    spans.reserve(pieces_.size() + 1);
    for (const Piece& each : pieces_) spans.push_back({each.offset, each.bytes});
    if (!tail.empty()) spans.push_back({length - tail.size(), tail});
    std::stable_sort(spans.begin(), spans.end(),
                     [](const Span& a, const Span& b) { return a.offset < b.offset; });

    StreamText whole;
    std::uint64_t position = 0;
    for (const Span& each : spans) {
        if (each.offset >= length) break;
        // Both differences are free of overflow: offset < length, and the piece is cut at `length`.
        const std::uint64_t size = std::min<std::uint64_t>(each.bytes.size(), length - each.offset);
        const std::uint64_t end = each.offset + size;
        if (end <= position) continue;
        if (each.offset > position) whole.missing.push_back({whole.text.size(), each.offset - position});
        const std::uint64_t skip = position > each.offset ? position - each.offset : 0;
        whole.text += text_view(
            each.bytes.subspan(static_cast<std::size_t>(skip), static_cast<std::size_t>(size - skip)));
        position = end;
    }
    if (position < length) whole.missing.push_back({whole.text.size(), length - position});
    return whole;
}

StreamText OutputAssembly::so_far() const {
    std::uint64_t end = 0;
    for (const Piece& each : pieces_) end = std::max(end, each.offset + each.bytes.size());
    return finish(end, {});
}

}  // namespace pncp::cli
