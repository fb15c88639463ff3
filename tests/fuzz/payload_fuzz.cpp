// Invariant: the first byte selects a payload type; what decodes as that type encodes to something that
// decodes equal and is no longer than it was.
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/payload_types.hpp"

namespace {

using namespace pncp;

template <typename Message>
void check(ByteView payload) {
    const auto message = decode<Message>(payload);
    if (!message) return;
    const Bytes written = encode(*message);
    // Readers take any width of an integer, writers choose the shortest.
    if (written.size() > payload.size()) std::abort();
    const auto same = decode<Message>(written);
    // NaN is not equal to itself, so the bytes are compared: encoding is a function of the message.
    if (!same || encode(*same) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView payload = ByteView(data, size).subspan(1);
    fuzz::PayloadTypes::at(data[0] % fuzz::PayloadTypes::count,
                           [&]<typename Message>() { check<Message>(payload); });
    return 0;
}
