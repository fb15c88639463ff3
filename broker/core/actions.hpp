// What BrokerCore decides and its loop performs, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "broker/journal/store.hpp"
#include "schema/bytes.hpp"
#include "schema/peers.hpp"

namespace pncp::broker {

/// The ROUTER a frame came in by.
enum class Port : std::uint8_t { agents, control };

/// A connection of a ROUTER: its automatic routing id.
struct Address {
    Port port = Port::agents;
    std::string routing_id;
    bool operator==(const Address&) const = default;
};
struct AddressHash {
    std::size_t operator()(const Address& address) const {
        return std::hash<std::string>()(address.routing_id) * 2 + static_cast<std::size_t>(address.port);
    }
};

/// Both clocks, read once a turn: durations on CLOCK_BOOTTIME, dates by the wall clock.
struct Now {
    std::int64_t boot_ms = 0;
    std::int64_t wall_us = 0;
};

struct SendTo {
    Address to;
    Bytes frame;
};
struct Publish {
    std::string topic;
    Bytes frame;
};
/// Commit the group, then call on_committed(token, …). Never two at once.
struct Commit {
    std::uint64_t token = 0;
    std::shared_ptr<const journal::Group> group;
};
/// Read a page, then call on_page(token, …).
struct ReadPage {
    std::uint64_t token = 0;
    std::uint64_t after = 0;
    std::string prefix;
    std::size_t limit = 0;
};
/// Read these events, then call on_rows(token, …).
struct ReadRows {
    std::uint64_t token = 0;
    std::vector<std::uint64_t> sequences;
};
/// Write the list of peers, then call on_peers_saved(token, …).
struct SavePeers {
    std::uint64_t token = 0;
    PeersFile file;
};
/// Read the list of peers and the rights, then call on_reloaded(token, …).
struct Reload {
    std::uint64_t token = 0;
};
/// Close the feed's socket and open it anew: nothing less cuts a connected subscriber off.
struct RebindFeed {};
enum class LogLevel : std::uint8_t { info, warning, error };
struct Log {
    LogLevel level = LogLevel::info;
    std::string text;
};

using Action = std::variant<SendTo, Publish, Commit, ReadPage, ReadRows, SavePeers, Reload, RebindFeed, Log>;
using Actions = std::vector<Action>;

}  // namespace pncp::broker
