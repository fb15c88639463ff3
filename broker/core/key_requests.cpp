// Keys: issued, rotated, revoked, read anew; and what that means for those who are connected.
#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

std::string who(Role role, const std::string& id) {
    return std::string(role_name(role)) + " " + id.substr(0, 64);
}

std::optional<PeerRecord> copy_of(const PeerRecord* record) {
    return record == nullptr ? std::nullopt : std::optional(*record);
}

}  // namespace

void BrokerCore::handle(Live& live, const KeyIssueRequest& request, const Now& now) {
    const auto before = copy_of(peers_.record(request.role, request.id));
    auto entry = peers_.issue(request.role, request.id);
    audit(live, "key issue", who(request.role, request.id), entry.ok(), now);
    if (!entry)
        return reply(live, ErrorReply{ErrorCode::exists, entry.error().message, entry.error().next, {}});
    PendingKey pending{ReplyTo{live.address, live.session->id()},
                       KeyIssueReply{entry->name.id, entry->name.role, entry->name.generation, entry->key,
                                     peers_.broker_id(), options_.endpoints}};
    pending.undo = {{request.role, request.id}, before};
    save_peers(std::move(pending));
}

void BrokerCore::handle(Live& live, const KeyRotateRequest& request, const Now& now) {
    const auto before = copy_of(peers_.record(request.role, request.id));
    auto entry = peers_.rotate(request.role, request.id);
    audit(live, "key rotate", who(request.role, request.id), entry.ok(), now);
    if (!entry)
        return reply(live,
                     ErrorReply{ErrorCode::unknown_peer, entry.error().message, entry.error().next, {}});
    rotating_since_ms_[{request.role, request.id}] = now.boot_ms;
    PendingKey pending{ReplyTo{live.address, live.session->id()},
                       KeyIssueReply{entry->name.id, entry->name.role, entry->name.generation, entry->key,
                                     peers_.broker_id(), options_.endpoints}};
    pending.undo = {{request.role, request.id}, before};
    pending.hand_over = request.role == Role::agent;
    save_peers(std::move(pending));
}

void BrokerCore::handle(Live& live, const KeyRevokeRequest& request, const Now& now) {
    const std::string what = who(request.role, request.id);
    const bool self = request.role == Role::operator_ && request.id == kLocalOperator;
    const Status revoked =
        self ? Status(Error{"the local operator can't be revoked", "guard the run folder instead"})
             : peers_.revoke(request.role, request.id);
    audit(live, "key revoke", what, revoked.ok(), now);
    if (!revoked)
        return reply(live,
                     ErrorReply{ErrorCode::unknown_peer, revoked.error().message, revoked.error().next, {}});
    rotating_since_ms_.erase({request.role, request.id});
    const ReplyTo to{live.address, live.session->id()};
    end_unlisted("its key was revoked", now);
    // Whoever may read the feed may be connected to it, session or not.
    if (request.role != Role::agent) cut_feed();
    save_peers({to, DoneReply{what + " is revoked"}});
}

void BrokerCore::handle(Live& live, const KeyListRequest& request, const Now&) {
    // Pages go by "role/id" of the row before, in the order of the list.
    const auto slash = request.after.find('/');
    const auto role = slash == std::string::npos ? std::nullopt : parse_role(request.after.substr(0, slash));
    auto at =
        role ? peers_.list().upper_bound({*role, request.after.substr(slash + 1)}) : peers_.list().begin();
    KeyListReply page;
    for (; at != peers_.list().end(); ++at) {
        if (page.rows.size() == limits::kPageRows) {
            page.next = std::string(role_name(page.rows.back().role)) + "/" + page.rows.back().id;
            break;
        }
        const auto& [name, record] = *at;
        KeyRow row{name.second, name.first, record.generation, record.revoked};
        row.fingerprint = key_fingerprint(peers_.newest(name.first, name.second)->key);
        if (record.rotating) row.previous = static_cast<std::uint16_t>(record.generation - 1);
        if (const Live* session = sessions_.newest(name.first, name.second); session != nullptr) {
            row.connected = true;
            row.used = session->peer().generation;
            row.address = session->peer_address;
        }
        page.rows.push_back(std::move(row));
    }
    reply(live, page);
}

void BrokerCore::handle(Live& live, const ReloadRequest&, const Now& now) {
    audit(live, "reload", "list of peers and rights", true, now);
    const std::uint64_t token = next_token_++;
    reloads_[token] = ReplyTo{live.address, live.session->id()};
    actions_.push_back(Reload{token});
}

void BrokerCore::reload(const Now&) {
    const std::uint64_t token = next_token_++;
    reloads_[token] = std::nullopt;
    actions_.push_back(Reload{token});
}

void BrokerCore::on_reloaded(std::uint64_t token, const Result<Reloaded>& reloaded, const Now& now) {
    const auto found = reloads_.find(token);
    if (found == reloads_.end()) return;
    const std::optional<ReplyTo> to = found->second;
    reloads_.erase(found);
    if (!reloaded) {
        log_line(LogLevel::error, "not reloaded, everything stays as it was: " + reloaded.error().text());
        if (to)
            reply(*to, ErrorReply{ErrorCode::malformed,
                                  "not reloaded, everything stays as it was: " + reloaded.error().message,
                                  reloaded.error().next,
                                  {}});
        return;
    }
    options_.rights = Rights(reloaded->rules);
    alert(alerts_.replace(reloaded->alerts), now);
    const std::vector<PeerName> gone = peers_.replace(reloaded->peers);
    std::erase_if(rotating_since_ms_, [this](const auto& entry) {
        const PeerRecord* record = peers_.record(entry.first.first, entry.first.second);
        return record == nullptr || !record->rotating;
    });
    for (const auto& [name, record] : peers_.list())
        if (record.rotating) rotating_since_ms_.try_emplace(name, now.boot_ms);
    end_unlisted("its key is not listed any more", now);
    bool readers = false;
    for (const PeerName& name : gone) readers = readers || name.role != Role::agent;
    if (readers) cut_feed();
    const std::string text = "reloaded: " + std::to_string(peers_.list().size()) + " peers, " +
                             std::to_string(reloaded->rules.size()) + " rules, " +
                             std::to_string(reloaded->alerts.size()) + " alerts; " +
                             std::to_string(gone.size()) + " keys are good no longer";
    log_line(LogLevel::info, text);
    // The epoch was raised, so the list is written again; that also answers.
    if (readers) return save_peers({to, DoneReply{text}});
    if (to) reply(*to, DoneReply{text});
}

void BrokerCore::save_peers(PendingKey when_saved) {
    const std::uint64_t token = next_token_++;
    keys_[token] = std::move(when_saved);
    actions_.push_back(SavePeers{token, peers_.file()});
}

void BrokerCore::on_peers_saved(std::uint64_t token, const Status& status, const Now& now) {
    const auto found = keys_.find(token);
    if (found == keys_.end()) return;
    const PendingKey key = std::move(found->second);
    keys_.erase(found);
    if (!status) {
        log_line(LogLevel::error, "the list of peers could not be written: " + status.error().text());
        if (key.undo) {
            const auto& [name, record] = *key.undo;
            peers_.restore(name.first, name.second, record);
            rotating_since_ms_.erase(name);
            end_unlisted("its key was taken back", now);
        }
        const std::string effect =
            key.undo ? "nothing was changed: " : "it holds until the broker restarts: ";
        if (key.to)
            reply(*key.to,
                  ErrorReply{ErrorCode::journal, effect + status.error().message, status.error().next, {}});
        return;
    }
    if (key.hand_over)
        if (Live* agent = sessions_.agent(key.undo->first.second); agent != nullptr) hand_over(*agent);
    if (key.to) reply(*key.to, key.reply);
}

void BrokerCore::hand_over(Live& live) {
    const PeerName& peer = live.peer();
    const PeerEntry* newest = peers_.newest(peer.role, peer.id);
    if (newest == nullptr || newest->name.generation == peer.generation) return;
    send(live, FrameType::rekey, Rekey{newest->name.generation, newest->key});
}

void BrokerCore::came_over(const Live& live) {
    const PeerName& peer = live.peer();
    const PeerRecord* record = peers_.record(peer.role, peer.id);
    // An operator's key may be in use on several machines: its former generation ends by time only.
    if (peer.role != Role::agent || record == nullptr || !record->rotating ||
        record->generation != peer.generation)
        return;
    peers_.end_rotation(peer.role, peer.id);
    rotating_since_ms_.erase({peer.role, peer.id});
    log_line(LogLevel::info, "agent " + peer.id + " has come over to generation " +
                                 std::to_string(peer.generation) + " of its key");
    save_peers({});
}

void BrokerCore::end_overdue_rotations(const Now& now) {
    std::vector<std::pair<Role, std::string>> overdue;
    for (const auto& [name, since_ms] : rotating_since_ms_)
        if (now.boot_ms - since_ms >= options_.rotation_grace_ms) overdue.push_back(name);
    for (const auto& [role, id] : overdue) {
        rotating_since_ms_.erase({role, id});
        peers_.end_rotation(role, id);
        log_line(LogLevel::warning, "the former key of " + who(role, id) + " is good no longer");
        end_unlisted("its former key is good no longer", now);
        if (role != Role::agent) cut_feed();
        save_peers({});
    }
}

void BrokerCore::end_unlisted(const std::string& reason, const Now& now) {
    for (const SessionTable::Ended& ended : sessions_.end_unlisted()) {
        if (ended.peer.role != Role::agent) continue;
        // The last word under its key: without it an agent would wait a minute for an answer.
        const Key32 key = peer_key(peers_.master(), ended.peer);
        actions_.push_back(SendTo{ended.address, make_no_session(ended.peer, key, ended.session, reason)});
        agent_disconnected(ended.peer.id, reason, now.wall_us, now);
    }
}

void BrokerCore::cut_feed() {
    peers_.raise_feed_epoch();
    log_.set_epoch(peers_.master(), peers_.file().feed_epoch);
    admission_.feed_rebound();
    actions_.push_back(RebindFeed{});
}

void BrokerCore::on_subscription(std::string_view identity, ByteView message, const Now& now) {
    if (!admission_.subscription(identity, message, now)) return;
    log_line(LogLevel::warning,
             (identity.empty() ? std::string("a local subscriber") : std::string(identity)) +
                 " asked for too many subscriptions; all subscribers are cut off and come "
                 "back, this one not for a minute");
    append_event(EventClass::security, EventKind::security, "subscriptions", "", Direction::feed,
                 encode(SecurityBody{"subscriptions", std::string(identity), 1}), now.wall_us, now);
    admission_.feed_rebound();
    actions_.push_back(RebindFeed{});
}

}  // namespace pncp::broker
