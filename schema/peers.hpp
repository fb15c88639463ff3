// The list of peers: who may connect. Text without secrets, one peer a line, written atomically by the broker
// only:
//
//   feed_epoch 3
//   # role id generation state
//   agent pi-1 1 active
//   agent pi-2 4 rotating
//   operator ada 2 revoked
//
// Rotating: this generation is good, and so is the one before. From it and the master secret the broker
// derives every key, so it stores none. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "schema/names.hpp"
#include "schema/result.hpp"

namespace pncp {

struct PeerRecord {
    std::uint16_t generation = 1;
    bool revoked = false;
    bool rotating = false;  ///< generation - 1 is good as well
    bool operator==(const PeerRecord&) const = default;
};

/// Keyed by (role, id); a peer has one current generation.
using PeerList = std::map<std::pair<Role, std::string>, PeerRecord>;

struct PeersFile {
    PeerList peers;
    std::uint64_t feed_epoch = 1;  ///< raised when a reader of the feed is revoked; see feed_key()
    bool operator==(const PeersFile&) const = default;
};

[[nodiscard]] std::string format_peers(const PeersFile& file);
[[nodiscard]] Result<PeersFile> parse_peers(std::string_view text);

}  // namespace pncp
