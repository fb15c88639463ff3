#include "broker/core/peer_directory.hpp"

#include <algorithm>

#include "schema/crypto.hpp"
#include "schema/session.hpp"

namespace pncp::broker {

namespace {

std::string who(Role role, const std::string& id) { return std::string(role_name(role)) + " " + id; }

}  // namespace

PeerDirectory::PeerDirectory(const MasterSecret& master, const PeersFile& file, PublicKeys known)
    : master_(master),
      broker_id_(curve_public_key(broker_curve_secret(master))),
      file_(file),
      known_(std::move(known)) {
    for (const auto& [name, record] : file_.peers) put(name.first, name.second, record);
    known_.clear();
}

PublicKeys PeerDirectory::public_keys() const {
    PublicKeys keys;
    for (const auto& [handle, peer] : by_handle_) {
        keys.emplace(peer.newest.name, peer.newest.curve_public);
        if (peer.previous) keys.emplace(peer.previous->name, peer.previous->curve_public);
    }
    return keys;
}

const PeerEntry* PeerDirectory::by_handle(const Id16& handle, std::uint16_t generation) const {
    const auto found = by_handle_.find(handle);
    if (found == by_handle_.end() || found->second.revoked) return nullptr;
    const Peer& peer = found->second;
    if (peer.newest.name.generation == generation) return &peer.newest;
    return peer.previous && peer.previous->name.generation == generation ? &*peer.previous : nullptr;
}

const PeerEntry* PeerDirectory::by_curve_key(const Key32& curve_public) const {
    const auto found = by_curve_key_.find(curve_public);
    return found == by_curve_key_.end() ? nullptr : find(found->second);
}

const PeerEntry* PeerDirectory::find(const PeerName& name) const {
    return by_handle(peer_handle(name.role, name.id), name.generation);
}

const PeerEntry* PeerDirectory::newest(Role role, const std::string& id) const {
    const Peer* found = peer(role, id);
    return found == nullptr ? nullptr : &found->newest;
}

const PeerRecord* PeerDirectory::record(Role role, const std::string& id) const {
    const auto found = file_.peers.find({role, id});
    return found == file_.peers.end() ? nullptr : &found->second;
}

Result<PeerEntry> PeerDirectory::issue(Role role, const std::string& id) {
    if (!valid_id(id))
        return Error{"'" + id + "' can't be an id",
                     "use 1 to 63 of a-z 0-9 . - and begin with a letter or digit"};
    const PeerRecord* old = record(role, id);
    PeerRecord next;
    if (old != nullptr) {
        if (!old->revoked)
            return Error{who(role, id) + " has a key already",
                         "give it a new one: pncp-cli key rotate " + id +
                             "; or revoke the old one first: pncp-cli key revoke " + id};
        if (old->generation == 0xFFFF)
            return Error{who(role, id) + " has used up its 65,535 generations", "take another id"};
        next.generation = static_cast<std::uint16_t>(old->generation + 1);
    }
    put(role, id, next);
    return *newest(role, id);
}

Result<PeerEntry> PeerDirectory::rotate(Role role, const std::string& id) {
    const PeerRecord* old = record(role, id);
    if (old == nullptr || old->revoked)
        return Error{"no " + who(role, id) + " has a key", "see: pncp-cli key list"};
    if (old->rotating) return *newest(role, id);
    if (old->generation == 0xFFFF)
        return Error{who(role, id) + " has used up its 65,535 generations", "take another id"};
    put(role, id, {static_cast<std::uint16_t>(old->generation + 1), false, true});
    return *newest(role, id);
}

Status PeerDirectory::revoke(Role role, const std::string& id) {
    const PeerRecord* old = record(role, id);
    if (old == nullptr)
        return Error{"no " + std::string(role_name(role)) + " is called " + id, "see: pncp-cli key list"};
    put(role, id, {old->generation, true, false});
    return Done{};
}

void PeerDirectory::end_rotation(Role role, const std::string& id) {
    if (const PeerRecord* old = record(role, id); old != nullptr && old->rotating)
        put(role, id, {old->generation, old->revoked, false});
}

void PeerDirectory::restore(Role role, const std::string& id, const std::optional<PeerRecord>& record) {
    if (record) return put(role, id, *record);
    drop(role, id);
    file_.peers.erase({role, id});
}

std::vector<PeerName> PeerDirectory::replace(const PeersFile& file) {
    std::vector<PeerName> good;
    for (const auto& [key, name] : by_curve_key_) good.push_back(name);
    by_handle_.clear();
    by_curve_key_.clear();
    const std::uint64_t epoch = std::max(file_.feed_epoch, file.feed_epoch);
    file_ = file;
    file_.feed_epoch = epoch;
    for (const auto& [name, record] : file.peers) put(name.first, name.second, record);
    std::erase_if(good, [this](const PeerName& name) { return find(name) != nullptr; });
    return good;
}

void PeerDirectory::put(Role role, const std::string& id, const PeerRecord& record) {
    drop(role, id);
    file_.peers[{role, id}] = record;
    Peer peer{derive(role, id, record.generation), std::nullopt, record.revoked};
    if (record.rotating && !record.revoked)
        peer.previous = derive(role, id, static_cast<std::uint16_t>(record.generation - 1));
    if (!record.revoked) by_curve_key_[peer.newest.curve_public] = peer.newest.name;
    if (peer.previous) by_curve_key_[peer.previous->curve_public] = peer.previous->name;
    by_handle_[peer_handle(role, id)] = std::move(peer);
}

void PeerDirectory::drop(Role role, const std::string& id) {
    const auto found = by_handle_.find(peer_handle(role, id));
    if (found == by_handle_.end()) return;
    by_curve_key_.erase(found->second.newest.curve_public);
    if (found->second.previous) by_curve_key_.erase(found->second.previous->curve_public);
    by_handle_.erase(found);
}

PeerEntry PeerDirectory::derive(Role role, const std::string& id, std::uint16_t generation) const {
    PeerEntry entry{{role, id, generation}, {}, {}};
    entry.key = peer_key(master_, entry.name);
    const auto known = known_.find(entry.name);
    entry.curve_public =
        known != known_.end() ? known->second : curve_public_key(peer_curve_secret(entry.key));
    return entry;
}

const PeerDirectory::Peer* PeerDirectory::peer(Role role, const std::string& id) const {
    const auto found = by_handle_.find(peer_handle(role, id));
    return found == by_handle_.end() ? nullptr : &found->second;
}

}  // namespace pncp::broker
