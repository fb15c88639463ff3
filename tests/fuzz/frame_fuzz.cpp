// Invariant: whatever bytes arrive, parse_frame() and every decode() either give a message that encodes to an
// equal message, or refuse; they never read beyond the bytes, never throw, and never allocate more than the
// limits allow.
#include <cstdint>
#include <cstdlib>

#include "schema/codec.hpp"

namespace {

using namespace pncp;

template <typename Message>
void check(ByteView payload) {
    const auto message = decode<Message>(payload);
    if (!message) return;
    const Bytes again = encode(*message);
    const auto same = decode<Message>(again);
    // NaN is not equal to itself, so the bytes are compared: encoding is a function of the message.
    if (!same || encode(*same) != again) std::abort();
}

template <typename... Messages>
void check_all(ByteView payload) {
    (check<Messages>(payload), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    auto parsed = parse_frame(bytes);
    const auto* frame = std::get_if<UnverifiedFrame>(&parsed);
    if (frame != nullptr && frame->payload.size() + 68 != size) std::abort();
    check_all<Hello, Challenge, Auth, Ready, Batch, Catalogue, CommandAck, Heartbeat, Bye, Ack, Command,
              NoSession, MetricsBody, OutputBody, ResultBody, GapBody, DeviceEventBody, StatusBody,
              CommandBody, JobBody, CommandAckBody, AuditBody, SecurityBody, FeedHeartbeat, Event, Request,
              Reply>(frame != nullptr ? frame->payload : bytes);
    return 0;
}
