// The catalogues of a fleet. Agents of the same set-up offer the same commands, so a catalogue is kept once,
// however many agents have it. Pure; one thread.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "broker/core/peer_directory.hpp"
#include "schema/bytes.hpp"
#include "schema/messages.hpp"

namespace pncp::broker {

struct KnownCatalogue {
    Key32 hash{};  ///< as the agent gave it, and checked
    std::vector<CatalogueEntry> entries;
    std::vector<Key32> entry_hashes;  ///< of each entry alone: equal definitions have equal ones
    Bytes encoded;
};

class Catalogues {
  public:
    /// The catalogue that these bytes are; nullptr when they are none, or its hash is not that of its
    /// entries.
    [[nodiscard]] std::shared_ptr<const KnownCatalogue> take(ByteView encoded);
    /// Each that is in use.
    template <typename Visitor>
    void for_each(Visitor&& visit) const {
        for (const auto& [digest, weak] : known_)
            if (const auto known = weak.lock()) visit(*known);
    }

  private:
    std::unordered_map<Key32, std::weak_ptr<const KnownCatalogue>, UniformHash>
        known_;  ///< by SHA-256 of the bytes
};

}  // namespace pncp::broker
