// The list of peers: who may connect. Text without secrets, one peer a line, written atomically by the broker
// only:
//
//   # role id generation state
//   agent pi-1 1 active
//   operator ada 2 revoked
//
// From it and the master secret the broker derives every key, so it stores none. Pure.
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
    bool operator==(const PeerRecord&) const = default;
};

/// Keyed by (role, id); a peer has one current generation.
using PeerList = std::map<std::pair<Role, std::string>, PeerRecord>;

[[nodiscard]] std::string format_peers(const PeerList& peers);
[[nodiscard]] Result<PeerList> parse_peers(std::string_view text);

}  // namespace pncp
