// Invariant: parse_frame() names a refusal or gives views that lie in the input and cover it exactly; what it
// read, written again, is the same bytes before the tag; and nothing verifies under a key that signed
// nothing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "schema/frame.hpp"

namespace {

using namespace pncp;

/// No seed is signed with it, and no mutation can guess a tag.
SigningKey& unused_key() {
    static SigningKey key(Key32{0x5a, 0x17, 0xc3});
    return key;
}

void check(const UnverifiedFrame& frame, ByteView bytes) {
    const bool covered = frame.tagged.data() == bytes.data() && frame.tag.size() == limits::kTagBytes &&
                         frame.tagged.size() + frame.tag.size() == bytes.size() &&
                         frame.tag.data() == bytes.data() + frame.tagged.size() &&
                         frame.payload.data() == bytes.data() + limits::kHeaderBytes &&
                         frame.payload.size() + limits::kHeaderBytes == frame.tagged.size();
    if (!covered || frame.verify(unused_key())) std::abort();
    static Bytes again;
    again.assign(frame.tagged.begin(), frame.tagged.end());
    std::fill_n(again.begin(), limits::kHeaderBytes, std::uint8_t{0});
    seal_frame(again, frame.header, unused_key());
    if (again.size() != bytes.size()) std::abort();
    if (std::memcmp(again.data(), bytes.data(), frame.tagged.size()) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    const auto parsed = parse_frame(bytes);
    if (const auto* frame = std::get_if<UnverifiedFrame>(&parsed)) check(*frame, bytes);
    return 0;
}
