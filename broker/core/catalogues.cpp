#include "broker/core/catalogues.hpp"

#include <algorithm>

#include "schema/codec.hpp"
#include "schema/crypto.hpp"

namespace pncp::broker {

std::shared_ptr<const KnownCatalogue> Catalogues::take(ByteView encoded) {
    const Key32 digest = sha256(encoded);
    if (const auto found = known_.find(digest); found != known_.end())
        if (auto known = found->second.lock()) return known;

    auto catalogue = decode<Catalogue>(encoded);
    if (!catalogue || catalogue_hash(catalogue->entries) != catalogue->hash) return nullptr;
    const bool named =
        std::all_of(catalogue->entries.begin(), catalogue->entries.end(),
                    [](const CatalogueEntry& entry) { return valid_command_name(entry.name); });
    if (!named) return nullptr;
    auto known = std::make_shared<KnownCatalogue>();
    known->hash = catalogue->hash;
    for (const CatalogueEntry& entry : catalogue->entries)
        known->entry_hashes.push_back(catalogue_hash({entry}));
    known->entries = std::move(catalogue->entries);
    known->encoded = to_bytes(encoded);
    std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
    known_[digest] = known;
    return known;
}

}  // namespace pncp::broker
