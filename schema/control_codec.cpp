// Requests and replies: half of the codec's templates, compiled beside the other half.
#include "schema/msgpack_read.hpp"
#include "schema/msgpack_write.hpp"

namespace pncp {

template void encode_to<Request>(Bytes&, const Request&);
template std::optional<Request> decode<Request>(ByteView);
template void encode_to<Reply>(Bytes&, const Reply&);
template std::optional<Reply> decode<Reply>(ByteView);

std::string_view verb_of(const Request& request) {
    return std::visit(
        [](const auto& option) -> std::string_view {
            return Fields<std::remove_cvref_t<decltype(option)>>::name;
        },
        request);
}

}  // namespace pncp
