#include "schema/codec.hpp"

#include "schema/msgpack_read.hpp"
#include "schema/msgpack_write.hpp"

namespace pncp {

Key32 catalogue_hash(const std::vector<CatalogueEntry>& entries) {
    Bytes bytes;
    wire::Buffer buffer(bytes);
    wire::Packer packer(buffer);
    wire::put(packer, entries);
    buffer.flush();
    return sha256(bytes);
}

#define PNCP_CODEC(Message)                                   \
    template void encode_to<Message>(Bytes&, const Message&); \
    template std::optional<Message> decode<Message>(ByteView);
PNCP_CODEC(Hello)
PNCP_CODEC(Challenge)
PNCP_CODEC(Auth)
PNCP_CODEC(Ready)
PNCP_CODEC(Batch)
PNCP_CODEC(Catalogue)
PNCP_CODEC(CommandAck)
PNCP_CODEC(Heartbeat)
PNCP_CODEC(Bye)
PNCP_CODEC(Ack)
PNCP_CODEC(Command)
PNCP_CODEC(Cancel)
PNCP_CODEC(Rekey)
PNCP_CODEC(NoSession)
PNCP_CODEC(MetricsBody)
PNCP_CODEC(OutputBody)
PNCP_CODEC(ResultBody)
PNCP_CODEC(GapBody)
PNCP_CODEC(DeviceEventBody)
PNCP_CODEC(StatusBody)
PNCP_CODEC(CommandBody)
PNCP_CODEC(JobBody)
PNCP_CODEC(JobTargetsBody)
PNCP_CODEC(CommandAckBody)
PNCP_CODEC(AuditBody)
PNCP_CODEC(SecurityBody)
PNCP_CODEC(AnchorBody)
PNCP_CODEC(AlertBody)
PNCP_CODEC(FeedHeartbeat)
PNCP_CODEC(Event)
#undef PNCP_CODEC

}  // namespace pncp
