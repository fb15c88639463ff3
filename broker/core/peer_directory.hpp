// Who may connect: the list of peers with every key derived from the master secret. Pure; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/public_keys.hpp"
#include "schema/bytes.hpp"
#include "schema/keys.hpp"
#include "schema/names.hpp"
#include "schema/peers.hpp"
#include "schema/result.hpp"

namespace pncp::broker {

/// Hash of an id or key whose bytes are uniform already: hashes and random draws.
struct UniformHash {
    template <std::size_t N>
    std::size_t operator()(const ByteArray<N>& bytes) const {
        return static_cast<std::size_t>(load_be<std::uint64_t>(bytes.data()));
    }
};

/// One generation of a peer's key.
struct PeerEntry {
    PeerName name;
    Key32 key{};
    Key32 curve_public{};
};

class PeerDirectory {
  public:
    /// Derives every peer's keys, but for public ones that are `known`: 10,000 peers take 0.8 s without them.
    PeerDirectory(const MasterSecret& master, const PeersFile& file, PublicKeys known = {});

    /// Of every peer on the list; for `known` the next time.
    [[nodiscard]] PublicKeys public_keys() const;

    /// The generation of the peer that a HELLO names in its header; nullptr when it is unknown, revoked or
    /// not good any more.
    [[nodiscard]] const PeerEntry* by_handle(const Id16& handle, std::uint16_t generation) const;
    /// Whose CURVE key this is; nullptr as above.
    [[nodiscard]] const PeerEntry* by_curve_key(const Key32& curve_public) const;
    /// This very generation, as above.
    [[nodiscard]] const PeerEntry* find(const PeerName& name) const;
    /// The newest generation, revoked or not; nullptr when there is no such peer.
    [[nodiscard]] const PeerEntry* newest(Role role, const std::string& id) const;
    [[nodiscard]] const PeerRecord* record(Role role, const std::string& id) const;

    /// Lists a new peer, or a revoked one again with the next generation. An active one is an error.
    [[nodiscard]] Result<PeerEntry> issue(Role role, const std::string& id);
    /// The next generation beside the present one; while a rotation goes on, the newest once more.
    [[nodiscard]] Result<PeerEntry> rotate(Role role, const std::string& id);
    [[nodiscard]] Status revoke(Role role, const std::string& id);
    /// The generation before is good no longer: the peer came over, or the grace is over.
    void end_rotation(Role role, const std::string& id);
    /// Puts a peer back as it was: writing the list failed. nullopt: it was not there.
    void restore(Role role, const std::string& id, const std::optional<PeerRecord>& record);

    /// Another list, read anew. Returns the generations that were good and are not any more.
    [[nodiscard]] std::vector<PeerName> replace(const PeersFile& file);

    /// Raises the feed's epoch: whoever knew the feed's key must ask anew.
    void raise_feed_epoch() { ++file_.feed_epoch; }

    [[nodiscard]] const PeersFile& file() const { return file_; }
    [[nodiscard]] const PeerList& list() const { return file_.peers; }
    [[nodiscard]] const Key32& broker_id() const { return broker_id_; }
    [[nodiscard]] const MasterSecret& master() const { return master_; }

  private:
    struct Peer {
        PeerEntry newest;
        std::optional<PeerEntry> previous;  ///< while a rotation goes on
        bool revoked = false;
    };
    void put(Role role, const std::string& id, const PeerRecord& record);
    void drop(Role role, const std::string& id);
    [[nodiscard]] PeerEntry derive(Role role, const std::string& id, std::uint16_t generation) const;
    [[nodiscard]] const Peer* peer(Role role, const std::string& id) const;

    MasterSecret master_;
    Key32 broker_id_;
    PeersFile file_;
    PublicKeys known_;  ///< what public_keys() gave before; empty once the first list is taken
    std::unordered_map<Id16, Peer, UniformHash> by_handle_;
    /// Of every generation that is good.
    std::unordered_map<Key32, PeerName, UniformHash> by_curve_key_;
};

}  // namespace pncp::broker
