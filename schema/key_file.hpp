// A peer's key file: one small text file is the whole enrolment. Pure; reading it with its permissions
// checked is schema/program/files.hpp's work.
//
//   # PNCP key of agent pi-1. Keep it secret: mode 0600.
//   role = agent
//   id = pi-1
//   generation = 1
//   key = <64 hexadecimal digits>
//   broker = <64 hexadecimal digits: the broker's CURVE public key>
//   agents = tcp://controller:17471
//   control = tcp://controller:17472
//   feed = tcp://controller:17473
#pragma once

#include <string>

#include "schema/bytes.hpp"
#include "schema/names.hpp"
#include "schema/result.hpp"

namespace pncp {

struct KeyFile {
    PeerName peer;
    Key32 key{};
    Key32 broker{};  ///< broker_id
    std::string agents;
    std::string control;
    std::string feed;
    bool operator==(const KeyFile&) const = default;
};

[[nodiscard]] std::string format_key_file(const KeyFile& file);

/// Every name at most once, role, id, key and broker required; an error names the line, never its content.
[[nodiscard]] Result<KeyFile> parse_key_file(std::string_view text);

}  // namespace pncp
