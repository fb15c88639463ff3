// Who may connect: the list of peers with every key derived from the master secret. Pure; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

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

struct PeerEntry {
    PeerName name;
    Key32 key{};
    Key32 curve_public{};
    bool revoked = false;
};

class PeerDirectory {
  public:
    /// Derives every peer's keys: 10,000 peers take 0.4 s, once at start.
    PeerDirectory(const MasterSecret& master, const PeerList& peers);

    /// The peer a HELLO names in its header; nullptr when unknown. Revoked ones are found too.
    [[nodiscard]] const PeerEntry* by_handle(const Id16& handle) const;
    [[nodiscard]] const PeerEntry* by_curve_key(const Key32& curve_public) const;
    [[nodiscard]] const PeerEntry* find(Role role, const std::string& id) const;

    /// Lists a new peer, or a revoked one again with the next generation. An active one is an error.
    [[nodiscard]] Result<PeerEntry> issue(Role role, const std::string& id);
    [[nodiscard]] Status revoke(Role role, const std::string& id);

    [[nodiscard]] const PeerList& list() const { return list_; }
    [[nodiscard]] const Key32& broker_id() const { return broker_id_; }
    [[nodiscard]] const MasterSecret& master() const { return master_; }

  private:
    void derive(Role role, const std::string& id, const PeerRecord& record);

    MasterSecret master_;
    Key32 broker_id_;
    PeerList list_;
    std::unordered_map<Id16, PeerEntry, UniformHash> by_handle_;
    std::unordered_map<Key32, Id16, UniformHash> by_curve_key_;
};

}  // namespace pncp::broker
