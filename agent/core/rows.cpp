#include "agent/core/rows.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "schema/codec.hpp"
#include "schema/limits.hpp"

namespace pncp::agent {
namespace {

/// A reason is a sentence; with it a full result stays under limits::kRowBodyBytes.
constexpr std::size_t kReasonBytes = 1'024;

void split(std::span<const Point> points, SampleRows& rows) {
    if (points.empty()) return;
    if (points.size() <= limits::kArrayItems) {
        Bytes body = encode(MetricsBody{{points.begin(), points.end()}});
        if (body.size() <= limits::kRowBodyBytes) {
            rows.bodies.push_back(std::move(body));
            return;
        }
    }
    if (points.size() == 1) {
        rows.unfit.push_back(points.front().measurement);
        return;
    }
    split(points.first(points.size() / 2), rows);
    split(points.subspan(points.size() / 2), rows);
}

/// How many bytes of `first` to keep of `room` when `second` wants its share; `first` is sure of half.
std::size_t share(std::size_t first, std::size_t second, std::size_t room) {
    return std::min(first, std::max(room / 2, room - std::min(second, room)));
}

/// Everything but the last `tail` bytes goes into OUTPUT rows; the tail is returned.
Bytes cut(const Id16& command, OutputStream stream, std::string_view text, std::size_t tail,
          CommandRows& rows) {
    const std::size_t before = text.size() - tail;
    for (std::size_t offset = 0; offset < before;) {
        const std::size_t size = std::min(limits::kOutputRowBytes, before - offset);
        rows.outputs.push_back(
            encode(OutputBody{command, stream, offset, to_bytes(view(text.substr(offset, size)))}));
        offset += size;
    }
    return to_bytes(view(text.substr(before)));
}

}  // namespace

SampleRows sample_rows(const std::vector<Point>& points) {
    SampleRows rows;
    split(points, rows);
    return rows;
}

CommandRows command_rows(CommandFinished finished, const std::string& name) {
    const std::size_t err_kept = share(finished.err.size(), finished.out.size(), limits::kCommandOutputBytes);
    const std::size_t out_kept = std::min(finished.out.size(), limits::kCommandOutputBytes - err_kept);
    const auto out = std::string_view(finished.out).substr(0, out_kept);
    const auto err = std::string_view(finished.err).substr(0, err_kept);
    const std::size_t err_tail = share(err.size(), out.size(), limits::kOutputRowBytes);
    const std::size_t out_tail = std::min(out.size(), limits::kOutputRowBytes - err_tail);

    CommandRows rows;
    ResultBody& result = rows.result;
    result.command = finished.command;
    result.name = name;
    result.outcome = finished.outcome;
    result.exit_code = finished.exit_code;
    result.signal = finished.signal;
    result.duration_ms = finished.duration_ms;
    result.reason = std::move(finished.reason);
    if (result.reason.size() > kReasonBytes) result.reason.resize(kReasonBytes);
    result.truncated =
        finished.truncated || out.size() < finished.out.size() || err.size() < finished.err.size();
    result.out_bytes = out.size();
    result.err_bytes = err.size();
    result.out = cut(finished.command, OutputStream::out, out, out_tail, rows);
    result.err = cut(finished.command, OutputStream::err, err, err_tail, rows);
    return rows;
}

}  // namespace pncp::agent
