// A frame: one ZeroMQ part, a fixed header of 36 bytes, a msgpack map, an HMAC-SHA256 tag of 32 bytes.
// Pure. The tag covers every byte before it and is checked on the bytes received; nothing is re-encoded to be
// verified.
//
//   offset size field
//        0    4 magic "PNC1"
//        4    1 type            (FrameType)
//        5    1 direction       (Direction)
//        6    2 key generation
//        8   16 session id      (the peer's handle in HELLO; the journal id in EVENT)
//       24    8 counter         (0 in HELLO, CHALLENGE and NO_SESSION; global sequence in EVENT)
//       32    4 payload length  (= frame length - 68)
//       36    n payload
//     36+n   32 tag
#pragma once

#include <string_view>
#include <variant>

#include "schema/bytes.hpp"
#include "schema/crypto.hpp"
#include "schema/limits.hpp"
#include "schema/names.hpp"

namespace pncp {

enum class FrameType : std::uint8_t {
    hello = 1,
    challenge = 2,
    auth = 3,
    ready = 4,
    batch = 5,
    ack = 6,
    command = 7,
    command_ack = 8,
    heartbeat = 9,
    bye = 10,
    rekey = 11,
    no_session = 12,
    event = 13,
    request = 14,
    reply = 15,
    catalogue = 16,
    cancel = 17,
};
inline constexpr auto kLastFrameType = FrameType::cancel;

enum class Direction : std::uint8_t {
    agent_to_broker = 1,
    broker_to_agent = 2,
    operator_to_broker = 3,
    broker_to_operator = 4,
    subscriber_to_broker = 5,
    broker_to_subscriber = 6,
    feed = 7,
};
inline constexpr auto kLastDirection = Direction::feed;

/// "HELLO", "COMMAND_ACK" …, as in PROTOCOL.md and in the log.
[[nodiscard]] std::string_view frame_type_name(FrameType type);
/// "agent->broker" …
[[nodiscard]] std::string_view direction_name(Direction direction);
[[nodiscard]] Direction direction_up(Role role);
[[nodiscard]] Direction direction_down(Role role);
/// The role whose peers send in this direction; nullopt for the broker's own directions.
[[nodiscard]] std::optional<Role> sender_role(Direction direction);

/// Why a frame was refused. Each is counted under its name, in the order in which the checks are made.
enum class Refusal : std::uint8_t {
    parts,             ///< wrong number of ZeroMQ parts
    length,            ///< shorter than 68 or longer than 65,536 bytes
    magic,             ///< not "PNC1"
    type,              ///< no such frame type
    direction,         ///< no such direction, or not the one this socket takes
    payload_length,    ///< header and frame disagree
    unknown_peer,      ///< id or generation not on the list of peers, or revoked
    wrong_connection,  ///< session or id does not belong to this connection
    no_session,        ///< session unknown or ended (not counted as bad)
    tag,               ///< altered, or another key
    counter,           ///< replayed or out of order
    payload,           ///< not the msgpack map that this type has
    role,              ///< this role may not send this type, or not in this state
    overload,          ///< too many pending handshakes or sessions, or an ignored connection
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::overload) + 1;
[[nodiscard]] std::string_view refusal_name(Refusal refusal);

struct Header {
    FrameType type = FrameType::hello;
    Direction direction = Direction::agent_to_broker;
    std::uint16_t generation = 1;
    Id16 session{};
    std::uint64_t counter = 0;
    bool operator==(const Header&) const = default;
};

/// A frame whose layout is right and whose tag is not yet checked. Points into the bytes it was parsed from.
struct UnverifiedFrame {
    Header header;
    ByteView payload;
    ByteView tagged;  ///< header and payload: what the tag covers
    ByteView tag;

    [[nodiscard]] bool verify(SigningKey& key) const { return key.verify(tagged, tag); }
};

/// Checks length, magic, type, direction and payload length; allocates nothing.
[[nodiscard]] std::variant<UnverifiedFrame, Refusal> parse_frame(ByteView bytes);

/// Completes `frame`, whose payload already stands at offset 36: writes the header before it and the tag
/// behind it. The payload is at most kPayloadBytes long (a local bug otherwise: std::length_error).
void seal_frame(Bytes& frame, const Header& header, SigningKey& key);

}  // namespace pncp
