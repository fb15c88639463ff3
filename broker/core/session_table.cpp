#include "broker/core/session_table.hpp"

#include <algorithm>

namespace pncp::broker {

namespace {

constexpr std::int64_t kBadFrameWindowMs = 60'000;

Port port_of(Role role) { return role == Role::agent ? Port::agents : Port::control; }

std::string pending_key(const PeerName& peer) { return std::string(role_name(peer.role)) + "/" + peer.id; }

}  // namespace

SessionTable::Outcome SessionTable::on_frame(const Address& from, std::string_view curve_identity,
                                             ByteView bytes, const Key32& nonce, const Now& now) {
    if (!watched_.empty()) {
        const auto watched = watched_.find(from);
        if (watched != watched_.end() && now.boot_ms < watched->second.ignored_until_ms)
            return Refusal::overload;
    }
    auto parsed = parse_frame(bytes);
    if (auto* refusal = std::get_if<Refusal>(&parsed)) return *refusal;
    const auto& frame = std::get<UnverifiedFrame>(parsed);
    const auto role = sender_role(frame.header.direction);
    if (!role || port_of(*role) != from.port) return Refusal::direction;
    if (frame.header.type == FrameType::hello) return on_hello(from, curve_identity, frame, nonce, now);
    // Whatever bears the id of a handshake that was begun here is judged by it: anything but its AUTH is
    // refused, and ends nothing.
    const auto begun = pending_.find(from);
    if (begun != pending_.end() && begun->second.session->id() == frame.header.session)
        return on_begun(begun, curve_identity, frame, now);

    Live* live = find(from);
    if (live == nullptr || live->session->id() != frame.header.session) return unknown(curve_identity, frame);
    if (live->curve_identity != curve_identity) return Refusal::wrong_connection;
    auto outcome = live->session->on_frame(frame);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return *refusal;
    live->heard_ms = now.boot_ms;
    return Received{live, std::get<Verified>(outcome)};
}

SessionTable::Outcome SessionTable::on_hello(const Address& from, std::string_view curve_identity,
                                             const UnverifiedFrame& frame, const Key32& nonce,
                                             const Now& now) {
    const PeerEntry* entry = peers_.by_handle(frame.header.session, frame.header.generation);
    if (entry == nullptr || direction_up(entry->name.role) != frame.header.direction)
        return Refusal::unknown_peer;
    // A connection that CURVE proved to be someone speaks for that one only.
    if (!curve_identity.empty() && curve_identity != entry->name.text()) return Refusal::wrong_connection;
    if (!has_room(*entry, from.port, !curve_identity.empty(), frame.header.session, now))
        return Refusal::overload;
    auto begun = ServerSession::begin(frame, entry->name, entry->key, peers_.broker_id(), nonce, now.wall_us);
    if (auto* refusal = std::get_if<Refusal>(&begun)) return *refusal;
    auto& good = std::get<ServerSession::Begun>(begun);
    // Only a good one takes the place of the handshake that this connection had begun.
    if (const auto old = pending_.find(from); old != pending_.end()) forget_pending(old);
    ++pending_per_id_[pending_key(entry->name)];
    ++pending_on_[static_cast<std::size_t>(from.port)];
    pending_[from] = Live{from,
                          std::string(curve_identity),
                          std::move(good.session),
                          std::move(good.hello),
                          now.boot_ms,
                          now.boot_ms,
                          0};
    return Challenged{std::move(good.challenge)};
}

// Asked before anything of the HELLO is verified, so it must cost nothing.
bool SessionTable::has_room(const PeerEntry& peer, Port port, bool proven, const Id16& handle,
                            const Now& now) {
    // Only of a peer that CURVE proved: on a Unix socket anybody can name another's handle, and would use up
    // its turns.
    if (proven && !hellos_.try_emplace(handle, limits::kHelloBurst, limits::kHelloEveryMs, now.boot_ms)
                       .first->second.take(now.boot_ms))
        return false;
    if (pending_on_[static_cast<std::size_t>(port)] >= limits::kPendingHandshakes) return false;
    const auto count = pending_per_id_.find(pending_key(peer.name));
    return count == pending_per_id_.end() || count->second < limits::kPendingHandshakesPerId;
}

SessionTable::Outcome SessionTable::on_begun(std::unordered_map<Address, Live, AddressHash>::iterator found,
                                             std::string_view curve_identity, const UnverifiedFrame& frame,
                                             const Now& now) {
    if (found->second.curve_identity != curve_identity) return Refusal::wrong_connection;
    auto outcome = found->second.session->on_frame(frame);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return *refusal;

    const Address from = found->first;
    auto live = std::make_unique<Live>(std::move(found->second));
    take_from_pending(live->peer(), from.port);
    pending_.erase(found);

    Proven proven;
    if (proven_.contains(from)) end(from);
    proven.retired = retire_for(live->peer());
    live->heard_ms = now.boot_ms;
    proven.live = live.get();
    if (live->peer().role == Role::agent)
        agents_[live->peer().id] = live.get();
    else
        control_[{live->peer().role, live->peer().id}].push_back(from);
    proven_[from] = std::move(live);
    return proven;
}

std::vector<Address> SessionTable::retire_for(const PeerName& peer) {
    std::vector<Address> retired;
    if (peer.role == Role::agent) {
        const auto old = agents_.find(peer.id);
        if (old != agents_.end()) retired.push_back(old->second->address);
    } else {
        // The one that was idle longest: a resident program outlives those that come and go without a
        // goodbye.
        const auto& sessions = control_[{peer.role, peer.id}];
        if (sessions.size() >= limits::kSessionsPerOperator)
            retired.push_back(
                *std::min_element(sessions.begin(), sessions.end(), [this](const auto& a, const auto& b) {
                    return proven_.at(a)->heard_ms < proven_.at(b)->heard_ms;
                }));
    }
    for (const Address& address : retired) end(address);
    return retired;
}

SessionTable::Outcome SessionTable::unknown(std::string_view curve_identity,
                                            const UnverifiedFrame& frame) const {
    Unknown outcome;
    const auto name = PeerName::parse(curve_identity);
    const PeerEntry* entry = name ? peers_.find(*name) : nullptr;
    // Without a proven identity there is no key to tag an answer with; such a peer finds out by its time-out.
    if (entry != nullptr)
        outcome.answer =
            make_no_session(entry->name, entry->key, frame.header.session, "session unknown or ended");
    return outcome;
}

bool SessionTable::count_refusal(const Address& from, Refusal refusal, const Now& now) {
    ++refusals_[static_cast<std::size_t>(refusal)];
    if (refusal == Refusal::no_session || refusal == Refusal::overload || from.routing_id.empty())
        return false;
    if (watched_.size() >= limits::kWatchedConnections && !watched_.contains(from)) {
        // One that is not being ignored makes room; a flood from many connections frees nobody.
        const auto free = std::find_if(watched_.begin(), watched_.end(), [&](const auto& entry) {
            return now.boot_ms >= entry.second.ignored_until_ms;
        });
        if (free == watched_.end()) return false;
        watched_.erase(free);
    }
    Watched& watched = watched_[from];
    if (now.boot_ms - watched.since_ms > kBadFrameWindowMs) watched = {0, now.boot_ms, 0};
    if (++watched.bad < limits::kBadFramesPerMinute) return false;
    watched = {0, now.boot_ms, now.boot_ms + limits::kIgnoreMs};
    return true;
}

Live* SessionTable::find(const Address& address) {
    const auto found = proven_.find(address);
    return found == proven_.end() ? nullptr : found->second.get();
}

Live* SessionTable::agent(const std::string& id) {
    const auto found = agents_.find(id);
    return found == agents_.end() ? nullptr : found->second;
}

void SessionTable::end(const Address& address) {
    if (const auto pending = pending_.find(address); pending != pending_.end()) forget_pending(pending);
    const auto found = proven_.find(address);
    if (found == proven_.end()) return;
    const PeerName peer = found->second->peer();
    if (peer.role == Role::agent) {
        agents_.erase(peer.id);
    } else if (const auto sessions = control_.find({peer.role, peer.id}); sessions != control_.end()) {
        std::erase(sessions->second, address);
        if (sessions->second.empty()) control_.erase(sessions);
    }
    proven_.erase(found);
}

std::vector<SessionTable::Ended> SessionTable::end_unlisted() {
    for (auto at = pending_.begin(); at != pending_.end();) {
        const auto next = std::next(at);
        if (peers_.find(at->second.peer()) == nullptr) forget_pending(at);
        at = next;
    }
    std::vector<Ended> ended;
    for (const auto& [address, live] : proven_)
        if (peers_.find(live->peer()) == nullptr)
            ended.push_back({live->peer(), address, live->session->id()});
    for (const Ended& one : ended) end(one.address);
    return ended;
}

void SessionTable::expire(const Now& now) {
    for (auto at = pending_.begin(); at != pending_.end();) {
        const auto next = std::next(at);
        if (now.boot_ms - at->second.begun_ms > limits::kHandshakeTimeoutMs) forget_pending(at);
        at = next;
    }
    std::vector<Address> idle;
    // A subscriber may have nothing to say for days; operators' programs come and go without a goodbye.
    for (const auto& [name, sessions] : control_)
        if (name.first == Role::operator_)
            for (const Address& address : sessions)
                if (now.boot_ms - proven_.at(address)->heard_ms > limits::kControlIdleMs)
                    idle.push_back(address);
    for (const Address& address : idle) end(address);
    std::erase_if(hellos_, [&](const auto& entry) { return entry.second.full(now.boot_ms); });
    std::erase_if(watched_, [&](const auto& entry) {
        return now.boot_ms >= entry.second.ignored_until_ms &&
               now.boot_ms - entry.second.since_ms > kBadFrameWindowMs;
    });
}

const Live* SessionTable::newest(Role role, const std::string& id) const {
    if (role == Role::agent) {
        const auto found = agents_.find(id);
        return found == agents_.end() ? nullptr : found->second;
    }
    const auto sessions = control_.find({role, id});
    if (sessions == control_.end()) return nullptr;
    const auto found = proven_.find(sessions->second.back());
    return found == proven_.end() ? nullptr : found->second.get();
}

void SessionTable::take_from_pending(const PeerName& peer, Port port) {
    const std::string key = pending_key(peer);
    if (--pending_per_id_[key] == 0) pending_per_id_.erase(key);
    --pending_on_[static_cast<std::size_t>(port)];
}

void SessionTable::forget_pending(std::unordered_map<Address, Live, AddressHash>::iterator at) {
    take_from_pending(at->second.peer(), at->first.port);
    pending_.erase(at);
}

}  // namespace pncp::broker
