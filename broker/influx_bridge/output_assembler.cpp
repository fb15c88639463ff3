#include "broker/influx_bridge/output_assembler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pncp::influx {

namespace {

/// Both streams of a command; the device cuts there too. The markers below come on top.
constexpr std::size_t kOutputBytes = limits::kCommandOutputBytes;

void append_missing(std::string& text, std::uint64_t bytes) {
    text += "[" + std::to_string(bytes) + " bytes are missing here]\n";
}

}  // namespace

void OutputAssembler::append(Stream& stream, std::uint64_t offset, ByteView bytes, std::size_t room) {
    if (offset < stream.next) {  // a row that came before, or one that overlaps it
        const std::uint64_t known = stream.next - offset;
        if (known >= bytes.size()) return;
        bytes = bytes.subspan(static_cast<std::size_t>(known));
        offset = stream.next;
    }
    if (bytes.size() > std::numeric_limits<std::uint64_t>::max() - offset) return;
    // The stream's position moves with the bytes kept, so that what finds no room here is named as missing
    // later.
    bytes = bytes.first(std::min(bytes.size(), room));
    if (bytes.empty()) return;
    if (offset > stream.next) append_missing(stream.text, offset - stream.next);
    stream.text += text_view(bytes);
    stream.next = offset + bytes.size();
}

void OutputAssembler::add(const std::string& agent, const OutputBody& row, std::uint64_t seq,
                          std::int64_t now_ms) {
    Key key{agent, row.command};
    auto at = held_.find(key);
    if (at == held_.end()) at = make(std::move(key), seq);
    Held& held = at->second;
    held.last_ms = std::max(held.last_ms, now_ms);
    const std::size_t before = held.bytes();
    append(row.stream == OutputStream::err ? held.err : held.out, row.offset, row.bytes,
           kOutputBytes - std::min(kOutputBytes, before));
    bytes_ += held.bytes() - before;
    keep_bounds(now_ms);
}

OutputAssembler::Table::iterator OutputAssembler::make(Key key, std::uint64_t seq) {
    const auto first = held_.lower_bound(Key{key.agent, {}});
    auto oldest = held_.end();
    std::size_t of_agent = 0;
    for (auto at = first; at != held_.end() && at->first.agent == key.agent; ++at, ++of_agent)
        if (oldest == held_.end() || at->second.first_seq < oldest->second.first_seq) oldest = at;
    if (of_agent >= bounds_.commands_per_agent) drop(oldest, "this agent has too many unfinished commands");
    by_seq_.emplace(seq, key);
    const auto made = held_.emplace(std::move(key), Held{}).first;
    made->second.first_seq = seq;
    return made;
}

std::string OutputAssembler::finish(const std::string& agent, const ResultBody& result) {
    Held held;
    if (const auto at = held_.find(Key{agent, result.command}); at != held_.end()) {
        bytes_ -= at->second.bytes();
        by_seq_.erase(at->second.first_seq);
        held = std::move(at->second);
        held_.erase(at);
    }
    // The RESULT carries the last bytes of each stream; what stands before them came in rows, or is missing.
    const auto end_stream = [](Stream& stream, std::uint64_t total, ByteView tail) {
        const std::uint64_t offset = total - std::min<std::uint64_t>(total, tail.size());
        append(stream, offset, tail, limits::kBinaryBytes);
        if (stream.next < total) append_missing(stream.text, total - stream.next);
    };
    end_stream(held.out, result.out_bytes, result.out);
    end_stream(held.err, result.err_bytes, result.err);
    std::string text = std::move(held.out.text);
    if (!text.empty() && !held.err.text.empty() && text.back() != '\n') text += '\n';
    text += held.err.text;
    return text;
}

void OutputAssembler::drop(Table::iterator at, std::string_view why) {
    dropped_.push_back({"output of command " + to_hex(at->first.command) + " of agent " + at->first.agent +
                            " dropped, its result did not come: " + std::string(why),
                        at->second.out.text + at->second.err.text});
    bytes_ -= at->second.bytes();
    by_seq_.erase(at->second.first_seq);
    held_.erase(at);
}

void OutputAssembler::keep_bounds(std::int64_t now_ms) {
    while (held_.size() > 1 && (held_.size() > bounds_.commands || bytes_ > bounds_.bytes))
        drop(held_.find(by_seq_.begin()->second), "too many unfinished commands in all");
    while (!by_seq_.empty()) {
        const auto oldest = held_.find(by_seq_.begin()->second);
        if (oldest->second.last_ms >= now_ms - bounds_.silent_ms) break;
        drop(oldest, "nothing more of it for a day");
    }
}

void OutputAssembler::clear() {
    held_.clear();
    by_seq_.clear();
    bytes_ = 0;
}

std::optional<std::uint64_t> OutputAssembler::hold() const {
    if (by_seq_.empty()) return std::nullopt;
    return by_seq_.begin()->first;
}

std::vector<DroppedOutput> OutputAssembler::take_dropped() { return std::exchange(dropped_, {}); }

}  // namespace pncp::influx
