#include "schema/frame.hpp"

#include <stdexcept>

namespace pncp {

namespace {
constexpr ByteArray<4> kMagic = {'P', 'N', 'C', '1'};
constexpr std::size_t kMinimum = limits::kHeaderBytes + limits::kTagBytes;
}  // namespace

std::string_view frame_type_name(FrameType type) {
    switch (type) {
        case FrameType::hello:
            return "HELLO";
        case FrameType::challenge:
            return "CHALLENGE";
        case FrameType::auth:
            return "AUTH";
        case FrameType::ready:
            return "READY";
        case FrameType::batch:
            return "BATCH";
        case FrameType::ack:
            return "ACK";
        case FrameType::command:
            return "COMMAND";
        case FrameType::command_ack:
            return "COMMAND_ACK";
        case FrameType::heartbeat:
            return "HEARTBEAT";
        case FrameType::bye:
            return "BYE";
        case FrameType::rekey:
            return "REKEY";
        case FrameType::no_session:
            return "NO_SESSION";
        case FrameType::event:
            return "EVENT";
        case FrameType::request:
            return "REQUEST";
        case FrameType::reply:
            return "REPLY";
        case FrameType::catalogue:
            return "CATALOGUE";
        case FrameType::cancel:
            return "CANCEL";
    }
    return "UNKNOWN";
}

std::string_view direction_name(Direction direction) {
    switch (direction) {
        case Direction::agent_to_broker:
            return "agent->broker";
        case Direction::broker_to_agent:
            return "broker->agent";
        case Direction::operator_to_broker:
            return "operator->broker";
        case Direction::broker_to_operator:
            return "broker->operator";
        case Direction::subscriber_to_broker:
            return "subscriber->broker";
        case Direction::broker_to_subscriber:
            return "broker->subscriber";
        case Direction::feed:
            return "feed";
    }
    return "unknown";
}

Direction direction_up(Role role) {
    switch (role) {
        case Role::agent:
            return Direction::agent_to_broker;
        case Role::operator_:
            return Direction::operator_to_broker;
        case Role::subscriber:
            return Direction::subscriber_to_broker;
    }
    return Direction::agent_to_broker;
}

Direction direction_down(Role role) {
    switch (role) {
        case Role::agent:
            return Direction::broker_to_agent;
        case Role::operator_:
            return Direction::broker_to_operator;
        case Role::subscriber:
            return Direction::broker_to_subscriber;
    }
    return Direction::broker_to_agent;
}

std::optional<Role> sender_role(Direction direction) {
    switch (direction) {
        case Direction::agent_to_broker:
            return Role::agent;
        case Direction::operator_to_broker:
            return Role::operator_;
        case Direction::subscriber_to_broker:
            return Role::subscriber;
        case Direction::broker_to_agent:
        case Direction::broker_to_operator:
        case Direction::broker_to_subscriber:
        case Direction::feed:
            return std::nullopt;
    }
    return std::nullopt;
}

std::string_view refusal_name(Refusal refusal) {
    switch (refusal) {
        case Refusal::parts:
            return "parts";
        case Refusal::length:
            return "length";
        case Refusal::magic:
            return "magic";
        case Refusal::type:
            return "type";
        case Refusal::direction:
            return "direction";
        case Refusal::payload_length:
            return "payload_length";
        case Refusal::unknown_peer:
            return "unknown_peer";
        case Refusal::wrong_connection:
            return "wrong_connection";
        case Refusal::no_session:
            return "no_session";
        case Refusal::tag:
            return "tag";
        case Refusal::counter:
            return "counter";
        case Refusal::payload:
            return "payload";
        case Refusal::role:
            return "role";
        case Refusal::overload:
            return "overload";
    }
    return "unknown";
}

std::variant<UnverifiedFrame, Refusal> parse_frame(ByteView bytes) {
    if (bytes.size() < kMinimum || bytes.size() > limits::kFrameBytes) return Refusal::length;
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) return Refusal::magic;
    const std::uint8_t type = bytes[4];
    if (type < 1 || type > static_cast<std::uint8_t>(kLastFrameType)) return Refusal::type;
    const std::uint8_t direction = bytes[5];
    if (direction < 1 || direction > static_cast<std::uint8_t>(kLastDirection)) return Refusal::direction;
    if (load_be<std::uint32_t>(bytes.data() + 32) != bytes.size() - kMinimum) return Refusal::payload_length;

    UnverifiedFrame frame;
    frame.header.type = static_cast<FrameType>(type);
    frame.header.direction = static_cast<Direction>(direction);
    frame.header.generation = load_be<std::uint16_t>(bytes.data() + 6);
    std::memcpy(frame.header.session.data(), bytes.data() + 8, frame.header.session.size());
    frame.header.counter = load_be<std::uint64_t>(bytes.data() + 24);
    frame.tagged = bytes.first(bytes.size() - limits::kTagBytes);
    frame.tag = bytes.last(limits::kTagBytes);
    frame.payload = frame.tagged.subspan(limits::kHeaderBytes);
    return frame;
}

void seal_frame(Bytes& frame, const Header& header, SigningKey& key) {
    if (frame.size() < limits::kHeaderBytes || frame.size() > limits::kFrameBytes - limits::kTagBytes)
        throw std::length_error("PNCP frame payload out of bounds");
    std::uint8_t* at = frame.data();
    std::memcpy(at, kMagic.data(), kMagic.size());
    at[4] = static_cast<std::uint8_t>(header.type);
    at[5] = static_cast<std::uint8_t>(header.direction);
    store_be(at + 6, header.generation);
    std::memcpy(at + 8, header.session.data(), header.session.size());
    store_be(at + 24, header.counter);
    store_be(at + 32, static_cast<std::uint32_t>(frame.size() - limits::kHeaderBytes));
    const std::size_t end = frame.size();
    frame.resize(end + limits::kTagBytes);
    key.sign(ByteView(frame).first(end), frame.data() + end);
}

}  // namespace pncp
