// What hostile peers that hold a right key may say: well-formed messages with any content, made from choices.
#pragma once

#include "schema/codec.hpp"
#include "tests/fuzz/grammar.hpp"

namespace pncp::fuzz {

inline constexpr const char* kAgents[] = {"pi-1",     "pi-2",      "pi-3",       "*",
                                          "pi-[1-3]", "pi-1,pi-2", "role=camera"};
inline constexpr const char* kCommands[] = {"lslogs", "uptime", "reboot"};
inline constexpr const char* kPeers[] = {"pi-1", "pi-2", "ada", "bridge", "new-1"};

inline std::vector<std::string> texts(Choices& from) {
    std::vector<std::string> list(from.below(4));
    for (std::string& each : list) each = from.text();
    return list;
}

/// A body of the kind's form, or any bytes.
inline Bytes row_body(RowKind kind, Choices& from) {
    if (from.below(8) == 0) return from.bytes();
    switch (kind) {
        case RowKind::metrics:
            return encode(MetricsBody{{{from.text(), {}, {{from.text(), from.signed_number()}}}}});
        case RowKind::output:
            return encode(OutputBody{from.id(), OutputStream::out, from.number(), from.bytes()});
        case RowKind::result:
            return encode(ResultBody{from.id(),
                                     from.one_of(kCommands),
                                     Outcome::finished,
                                     0,
                                     0,
                                     1,
                                     "",
                                     0,
                                     0,
                                     from.flag(),
                                     from.bytes(),
                                     {}});
        case RowKind::gap:
            return encode(GapBody{from.id(), Stream::metrics, from.number(), from.number(), from.text()});
        case RowKind::device_event:
            return encode(DeviceEventBody{from.text(), from.text()});
    }
    return {};
}

inline Batch batch(Choices& from, const Id16& spool) {
    Batch made{from.below(8) == 0 ? from.id() : spool, from.text(), from.signed_number(), {}, {}};
    made.after = {from.number(), from.number()};
    made.rows.resize(from.below(6));
    for (Row& row : made.rows) {
        row.stream = from.flag() ? Stream::metrics : Stream::results;
        row.seq = from.number();
        row.kind = static_cast<RowKind>(1 + from.below(5));
        row.boot_ms = from.signed_number();
        row.wall_us = from.signed_number();
        row.clock_synced = from.flag();
        row.body = row_body(row.kind, from);
    }
    return made;
}

inline Catalogue catalogue(Choices& from) {
    Catalogue made;
    made.entries.resize(from.below(4));
    for (auto& entry : made.entries) entry = {from.one_of(kCommands), from.text(), texts(from)};
    if (from.below(8) != 0) made.hash = catalogue_hash(made.entries);
    return made;
}

inline Request request(Choices& from) {
    const auto role = static_cast<Role>(1 + from.below(3));
    switch (from.below(14)) {
        case 0:
            return JobRequest{from.id(), from.number(), from.signed_number()};
        case 1:
            return AgentsRequest{from.one_of(kAgents)};
        case 2:
            return CommandsRequest{from.one_of(kCommands)};
        case 3:
            return FetchRequest{from.number(), from.text(), from.number()};
        case 4:
            return CursorRequest{{{9}}, from.number()};
        case 5:
            return StatusRequest{};
        case 6:
            return KeyIssueRequest{from.one_of(kPeers), role};
        case 7:
            return KeyRevokeRequest{from.one_of(kPeers), role};
        case 8:
            return KeyListRequest{from.one_of(kPeers)};
        case 9:
            return KeyRotateRequest{from.one_of(kPeers), role};
        case 10:
            return ReloadRequest{};
        case 11:
            return AnchorRequest{{{9}}, from.number(), {from.byte()}};
        case 12:
            return AnchorCheckRequest{{{9}}, {{from.text(), from.number(), {}, {}}}};
        default:
            return SendRequest{from.id(),   from.one_of(kAgents), from.one_of(kCommands),
                               texts(from), from.signed_number(), from.text()};
    }
}

}  // namespace pncp::fuzz
