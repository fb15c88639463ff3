#include "broker/core/peer_directory.hpp"

#include "schema/crypto.hpp"
#include "schema/session.hpp"

namespace pncp::broker {

PeerDirectory::PeerDirectory(const MasterSecret& master, const PeerList& peers)
    : master_(master), broker_id_(curve_public_key(broker_curve_secret(master))), list_(peers) {
    for (const auto& [name, record] : list_) derive(name.first, name.second, record);
}

const PeerEntry* PeerDirectory::by_handle(const Id16& handle) const {
    const auto found = by_handle_.find(handle);
    return found == by_handle_.end() ? nullptr : &found->second;
}

const PeerEntry* PeerDirectory::by_curve_key(const Key32& curve_public) const {
    const auto found = by_curve_key_.find(curve_public);
    return found == by_curve_key_.end() ? nullptr : by_handle(found->second);
}

const PeerEntry* PeerDirectory::find(Role role, const std::string& id) const {
    return by_handle(peer_handle(role, id));
}

Result<PeerEntry> PeerDirectory::issue(Role role, const std::string& id) {
    const std::string who = std::string(role_name(role)) + " " + id;
    if (!valid_id(id))
        return Error{"'" + id + "' can't be an id",
                     "use 1 to 63 of a-z 0-9 . - and begin with a letter or digit"};
    const auto found = list_.find({role, id});
    PeerRecord record;
    if (found != list_.end()) {
        if (!found->second.revoked)
            return Error{who + " has a key already", "revoke it first: pncp-cli key revoke " + id};
        if (found->second.generation == 0xFFFF)
            return Error{who + " has used up its 65,535 generations", "take another id"};
        record.generation = static_cast<std::uint16_t>(found->second.generation + 1);
    }
    list_[{role, id}] = record;
    derive(role, id, record);
    return *find(role, id);
}

Status PeerDirectory::revoke(Role role, const std::string& id) {
    const auto found = list_.find({role, id});
    if (found == list_.end())
        return Error{"no " + std::string(role_name(role)) + " is called " + id, "see: pncp-cli key list"};
    found->second.revoked = true;
    derive(role, id, found->second);
    return Done{};
}

void PeerDirectory::derive(Role role, const std::string& id, const PeerRecord& record) {
    const Id16 handle = peer_handle(role, id);
    if (const auto old = by_handle_.find(handle); old != by_handle_.end())
        by_curve_key_.erase(old->second.curve_public);
    PeerEntry entry{{role, id, record.generation}, {}, {}, record.revoked};
    entry.key = peer_key(master_, entry.name);
    entry.curve_public = curve_public_key(peer_curve_secret(entry.key));
    by_curve_key_[entry.curve_public] = handle;
    by_handle_[handle] = entry;
}

}  // namespace pncp::broker
