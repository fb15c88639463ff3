// The hierarchy of keys: everything is derived from one master secret, and nothing derived is stored by the
// broker. See PROTOCOL.md, "Keys". Pure; the caller reads and writes the files.
#pragma once

#include "schema/bytes.hpp"
#include "schema/names.hpp"
#include "schema/result.hpp"

namespace pncp {

/// The broker's one secret, 32 random bytes.
struct MasterSecret {
    Key32 bytes{};
};

/// Reads a master secret from 64 hexadecimal digits (surrounding white space allowed). Refuses other lengths
/// and placeholders: bytes that are all alike or that count up.
[[nodiscard]] Result<MasterSecret> parse_master_secret(std::string_view text);

/// K_peer = HKDF(M, "PNCP/1", "peer|" role "|" generation:u16 "|" len:u8 id). A stolen one speaks for that
/// peer only.
[[nodiscard]] Key32 peer_key(const MasterSecret& master, const PeerName& peer);

/// The two keys of the handshake, one a direction, so that no frame can be reflected.
struct DirectionKeys {
    Key32 up{};
    Key32 down{};
};
[[nodiscard]] DirectionKeys handshake_keys(const Key32& peer_key);

/// Session keys: HKDF(K_peer, salt = na || nb, info = "session|up|" or "session|down|", sid, len:u8 id,
/// broker_id).
[[nodiscard]] DirectionKeys session_keys(const Key32& peer_key, const Key32& na, const Key32& nb,
                                         const Id16& session, std::string_view id, const Key32& broker_id);

/// The peer's and the broker's CURVE secret keys. The broker's public one is its `broker_id`.
[[nodiscard]] Key32 peer_curve_secret(const Key32& peer_key);
[[nodiscard]] Key32 broker_curve_secret(const MasterSecret& master);

/// K_feed = HKDF(M, "PNCP/1", "feed|" epoch:u64): tags EVENT frames.
[[nodiscard]] Key32 feed_key(const MasterSecret& master, std::uint64_t epoch);

/// K_anchor = HKDF(M, "PNCP/1", "anchor"): tags the anchors of log files; only the broker has it.
[[nodiscard]] Key32 anchor_key(const MasterSecret& master);
/// HMAC(K_anchor, journal:16 len:u8 consumer sequence:u64 hash:32).
[[nodiscard]] Key32 anchor_tag(const Key32& anchor_key, const Id16& journal, std::string_view consumer,
                               std::uint64_t sequence, const Key32& hash);

/// Public and short, for people to compare: the first 8 bytes of SHA-256 of the peer's CURVE public key, in
/// hex.
[[nodiscard]] std::string key_fingerprint(const Key32& peer_key);

/// A command's id within a job: SHA-256("command|" job agent), cut to 16 bytes, so that no randomness is
/// needed.
[[nodiscard]] Id16 command_id(const Id16& job, std::string_view agent);

}  // namespace pncp
