// One fixed message of every kind, for vectors, bit flips and round trips. Values are chosen to fill every
// field.
#pragma once

#include "schema/codec.hpp"
#include "schema/keys.hpp"

namespace pncp::samples {

template <std::size_t N>
ByteArray<N> counting(std::uint8_t from) {
    ByteArray<N> bytes;
    for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<std::uint8_t>(from + i);
    return bytes;
}

inline MasterSecret master() { return {counting<32>(1)}; }
inline PeerName agent_name() { return {Role::agent, "pi-1", 1}; }
inline Id16 id(std::uint8_t from) { return counting<16>(from); }
inline Key32 key(std::uint8_t from) { return counting<32>(from); }

inline MetricsBody metrics() {
    return {{{"cpu", {{"cpu", "cpu-total"}}, {{"usage_idle", 97.5}, {"usage_user", 1.5}}},
             {"system", {}, {{"uptime", std::int64_t{86'400}}, {"n_users", std::int64_t{2}}}},
             {"disk", {{"path", "/"}}, {{"read_only", false}}},
             {"metrics", {}, {{"output", std::string("{\"cpu_percent\":[2.5]}")}}}}};
}
inline ResultBody result() {
    return {id(16), "lslogs", Outcome::finished, 0, 0, 12, "", 3, 0, false, {'a', 'b', '\n'}, {}};
}
inline Hello hello() {
    return {"pi-1",
            key(32),
            "6b1c2f0e-0a51-4f63-9d3a-6cf8d0c7a3a1",
            id(64),
            {7, 3},
            1'700'000'000'000'000,
            true,
            "0.1.0",
            "Raspberry Pi 5 Model B Rev 1.0",
            {"role=camera", "site=lab"}};
}
inline Challenge challenge() { return {"pi-1", key(32), key(96), id(128), 1'700'000'000'000'001}; }
inline Ready ready() { return {{5, 2}, 1'700'000'000'000'002, key(1), id(200), 1, key(7)}; }
inline Batch batch() {
    return {id(64),
            "6b1c2f0e-0a51-4f63-9d3a-6cf8d0c7a3a1",
            10'500,
            {7, 2},
            {{Stream::metrics, 8, RowKind::metrics, 10'000, 1'700'000'000'000'000, true, encode(metrics())},
             {Stream::results, 3, RowKind::result, 10'200, 1'700'000'000'200'000, true, encode(result())}}};
}
inline Ack ack() { return {id(64), {8, 3}}; }
inline Command command() { return {id(16), id(64), "lslogs", {"-l", "ä"}, 30'000}; }
inline CommandAck command_ack() { return {id(16), CommandState::running, ""}; }
inline Heartbeat heartbeat() { return {1'700'000'000'000'003, false}; }
inline Bye bye() { return {"stopped", true}; }
inline Cancel cancel() { return {id(16)}; }
inline Rekey rekey() { return {2, key(48)}; }
inline AnchorBody anchor() { return {"log-writer", 41, key(3), key(5)}; }
inline NoSession no_session() { return {"session unknown or ended"}; }
inline Event event() {
    return {"metrics/pi-1/",
            41,
            1'700'000'000'000'000'042,
            "pi-1",
            Direction::agent_to_broker,
            EventKind::metrics,
            encode(metrics())};
}
inline Request request() { return SendRequest{id(16), "*", "lslogs", {"-l"}, 30'000, "ada"}; }
inline Reply reply() { return JobReply{id(16), 3, 1, false, 42, {{42, encode(event())}}}; }
inline Catalogue catalogue() {
    const std::vector<CatalogueEntry> entries = {{"lslogs", "lists the log files", {}},
                                                 {"journal", "last lines of a unit", {"lines: 1..1000"}}};
    return {catalogue_hash(entries), entries};
}

/// A sealed frame of each type that is in use, under session keys, with its name.
inline std::vector<std::pair<std::string, Bytes>> frames() {
    SigningKey signer(key(9));
    const auto make = [&](FrameType type, Direction direction, std::uint64_t counter, const auto& message) {
        return std::pair(std::string(frame_type_name(type)),
                         make_frame({type, direction, 1, id(128), counter}, signer, message));
    };
    return {make(FrameType::hello, Direction::agent_to_broker, 0, hello()),
            make(FrameType::challenge, Direction::broker_to_agent, 0, challenge()),
            make(FrameType::auth, Direction::agent_to_broker, 1, Auth{"pi-1"}),
            make(FrameType::ready, Direction::broker_to_agent, 1, ready()),
            make(FrameType::batch, Direction::agent_to_broker, 2, batch()),
            make(FrameType::ack, Direction::broker_to_agent, 2, ack()),
            make(FrameType::command, Direction::broker_to_agent, 3, command()),
            make(FrameType::command_ack, Direction::agent_to_broker, 3, command_ack()),
            make(FrameType::heartbeat, Direction::agent_to_broker, 4, heartbeat()),
            make(FrameType::bye, Direction::agent_to_broker, 5, bye()),
            make(FrameType::no_session, Direction::broker_to_agent, 0, no_session()),
            make(FrameType::event, Direction::feed, 42, event()),
            make(FrameType::request, Direction::operator_to_broker, 2, request()),
            make(FrameType::reply, Direction::broker_to_operator, 2, reply()),
            make(FrameType::catalogue, Direction::agent_to_broker, 6, catalogue()),
            make(FrameType::rekey, Direction::broker_to_agent, 4, rekey()),
            make(FrameType::cancel, Direction::broker_to_agent, 5, cancel())};
}

}  // namespace pncp::samples
