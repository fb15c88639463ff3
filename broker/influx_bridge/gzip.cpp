#include "broker/influx_bridge/gzip.hpp"

#include <zlib.h>

#include <limits>

namespace pncp::influx {

struct Gzip::State {
    z_stream stream{};
    bool ready = false;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
    constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header instead of zlib's
    constexpr int kMemoryLevel = 8;       // zlib's default
    state_->ready =
        deflateInit2(&state_->stream, 1, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
}

Gzip::~Gzip() {
    if (state_->ready) deflateEnd(&state_->stream);
}

bool Gzip::compress(std::string_view text, std::string& out) {
    z_stream& stream = state_->stream;
    if (!state_->ready || text.size() > std::numeric_limits<uInt>::max() / 2) return false;
    if (deflateReset(&stream) != Z_OK) return false;
    const uLong bound = deflateBound(&stream, static_cast<uLong>(text.size()));
    if (out.size() < bound) out.resize(bound);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return false;
    out.resize(out.size() - stream.avail_out);
    return true;
}

}  // namespace pncp::influx
