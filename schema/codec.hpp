// Messages to bytes and back: the only user of msgpack in the project. Pure and thread-safe (each thread has
// its own decoding arena). decode() is called on verified bytes only, and still trusts nothing: limits of
// schema/limits.hpp, all bytes used, string keys known and unique, every key present, every number in range.
#pragma once

#include <optional>

#include "schema/bytes.hpp"
#include "schema/control_messages.hpp"
#include "schema/event.hpp"
#include "schema/frame.hpp"
#include "schema/messages.hpp"

namespace pncp {

/// Appends the msgpack form of `message` to `out`.
template <typename Message>
void encode_to(Bytes& out, const Message& message);

template <typename Message>
[[nodiscard]] Bytes encode(const Message& message) {
    Bytes out;
    encode_to(out, message);
    return out;
}

/// nullopt when `payload` is not exactly one well-formed Message.
template <typename Message>
[[nodiscard]] std::optional<Message> decode(ByteView payload);

/// A whole signed frame of one message.
template <typename Message>
[[nodiscard]] Bytes make_frame(const Header& header, SigningKey& key, const Message& message) {
    Bytes frame(limits::kHeaderBytes);
    encode_to(frame, message);
    seal_frame(frame, header, key);
    return frame;
}

/// "send", "key_issue" …: the verb on the wire.
[[nodiscard]] std::string_view verb_of(const Request& request);

/// SHA-256 of the encoded entries: equal catalogues have equal hashes on every device.
[[nodiscard]] Key32 catalogue_hash(const std::vector<CatalogueEntry>& entries);

}  // namespace pncp
