// What operators and subscribers ask.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// The operator of the Unix socket: the one who may issue and revoke keys.
constexpr std::string_view kLocalOperator = "local";

/// True when a subscriber may ask this; operators may ask everything but keys, which are the local
/// operator's.
template <typename Request>
constexpr bool kForSubscribers =
    std::is_same_v<Request, FetchRequest> || std::is_same_v<Request, CursorRequest> ||
    std::is_same_v<Request, StatusRequest>;
template <typename Request>
constexpr bool kForLocal =
    std::is_same_v<Request, KeyIssueRequest> || std::is_same_v<Request, KeyRevokeRequest>;

}  // namespace

void BrokerCore::on_request(Live& live, ByteView payload, const Now& now) {
    const auto request = decode<Request>(payload);
    if (!request) {
        // Refusing may end the session: what is needed of it is taken out before.
        const Address from = live.address;
        const std::string identity = live.curve_identity;
        refuse(from, identity, Refusal::payload, now);
        if (Live* still = sessions_.find(from); still != nullptr)
            reply(*still, ErrorReply{ErrorCode::malformed,
                                     "the request is not of the protocol's form",
                                     "is the program of the same version as the broker?",
                                     {}});
        return;
    }
    std::visit(
        [&](const auto& typed) {
            using T = std::remove_cvref_t<decltype(typed)>;
            const PeerName& peer = live.peer();
            const bool allowed = peer.role == Role::operator_ ? (!kForLocal<T> || peer.id == kLocalOperator)
                                                              : kForSubscribers<T>;
            if (allowed) return handle(live, typed, now);
            audit(live, "denied",
                  std::string(role_name(peer.role)) + " " + peer.id + " asked for what it may not", false,
                  now);
            reply(live, ErrorReply{ErrorCode::denied,
                                   std::string(role_name(peer.role)) + " " + peer.id + " may not do this",
                                   "keys are the local operator's, everything else an operator's",
                                   {}});
        },
        *request);
}

void BrokerCore::reply(Live& live, const Reply& reply_message) {
    send(live, FrameType::reply, reply_message);
}

void BrokerCore::reply(const ReplyTo& to, const Reply& reply_message) {
    Live* live = sessions_.find(to.address);
    // A session that was replaced meanwhile did not ask this.
    if (live != nullptr && live->session->id() == to.session) reply(*live, reply_message);
}

void BrokerCore::audit(const Live& live, const std::string& action, const std::string& detail, bool allowed,
                       const Now& now) {
    append_event(EventClass::audit, EventKind::audit, live.peer().id, "", direction_up(live.peer().role),
                 encode(AuditBody{live.peer().id, action, detail.substr(0, 1024), allowed}), now.wall_us,
                 now);
}

AgentRow BrokerCore::agent_row(const std::string& id, const Now& now) {
    AgentRow row;
    row.id = id;
    row.state = "never";
    const AgentState* agent = agents_.find(id);
    if (agent == nullptr || agent->record.last_seen_us == 0) return row;
    const auto& record = agent->record;
    row.last_seen_us = record.last_seen_us;
    row.reason = record.reason;
    row.version = record.version;
    row.clock_offset_us = record.clock_offset_us;
    row.clock_synced = record.clock_synced;
    if (!agent->catalogue.empty()) row.catalogue = to_hex(ByteView(agent->catalogue_hash).first(4));
    row.state = "offline";
    if (const Live* live = sessions_.agent(id); live != nullptr) {
        const std::int64_t silence_ms = now.boot_ms - live->heard_ms;
        row.state = silence_ms > limits::kStaleMs ? "stale" : "online";
        row.last_seen_us = now.wall_us - silence_ms * 1000;
    }
    return row;
}

void BrokerCore::handle(Live& live, const AgentsRequest& request, const Now& now) {
    AgentsReply page;
    std::size_t bytes = 0;
    for (auto at = peers_.list().upper_bound({Role::agent, request.after});
         at != peers_.list().end() && at->first.first == Role::agent; ++at) {
        if (at->second.revoked) continue;
        AgentRow row = agent_row(at->first.second, now);
        bytes += row.id.size() + row.reason.size() + row.version.size() + 64;
        if (page.rows.size() == limits::kPageRows || bytes > limits::kPageBytes) {
            page.next = page.rows.back().id;
            break;
        }
        page.rows.push_back(std::move(row));
    }
    reply(live, page);
}

void BrokerCore::handle(Live& live, const CommandsRequest& request, const Now&) {
    std::map<std::string, CommandRow> commands;
    for (const auto& [id, agent] : agents_.all())
        for (const CatalogueEntry& entry : agent.catalogue) {
            CommandRow& row = commands[entry.name];
            if (row.agents++ == 0) row = {entry.name, entry.help, entry.arguments, 1};
        }
    CommandsReply page;
    std::size_t bytes = 0;
    for (auto at = commands.upper_bound(request.after); at != commands.end(); ++at) {
        std::size_t size = at->second.name.size() + at->second.help.size() + 32;
        for (const std::string& argument : at->second.arguments) size += argument.size() + 4;
        bytes += size;
        if (!page.rows.empty() && (page.rows.size() == limits::kPageRows || bytes > limits::kPageBytes)) {
            page.next = page.rows.back().name;
            break;
        }
        page.rows.push_back(at->second);
    }
    reply(live, page);
}

void BrokerCore::handle(Live& live, const FetchRequest& request, const Now&) {
    const std::uint64_t token = next_token_++;
    reads_[token] = {{live.address, live.session->id()}, std::nullopt, request.after};
    const std::size_t limit =
        request.limit == 0 ? limits::kPageRows : std::min<std::size_t>(request.limit, limits::kPageRows);
    actions_.push_back(ReadPage{token, request.after, request.prefix, limit});
}

void BrokerCore::handle(Live& live, const CursorRequest& request, const Now&) {
    const ReplyTo to{live.address, live.session->id()};
    const std::string consumer =
        live.peer().role == Role::subscriber ? live.peer().id : "operator/" + live.peer().id;
    if (request.sequence > log_.head() || (request.sequence > 0 && request.journal != log_.journal()))
        return reply(to, ErrorReply{ErrorCode::malformed,
                                    "the cursor is of another journal, or ahead of this one's head",
                                    "begin again at the oldest event held",
                                    {}});
    if (!cursors_.contains(consumer) && cursors_.size() >= limits::kDurableConsumers)
        return reply(to,
                     ErrorReply{ErrorCode::overload, "256 durable consumers are registered already", "", {}});
    std::uint64_t& cursor = cursors_[consumer];
    cursor = std::max(cursor, request.sequence);
    log_.append(journal::CursorRecord{consumer, cursor});
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, CursorReply{log_.journal(), cursor}, std::nullopt};
    log_.append_ticket(ticket);
}

void BrokerCore::handle(Live& live, const StatusRequest&, const Now&) {
    StatusReply status;
    const auto add = [&](std::string name, const auto& value) {
        if constexpr (std::is_convertible_v<decltype(value), std::string>)
            status.rows.push_back({std::move(name), value});
        else
            status.rows.push_back({std::move(name), std::to_string(value)});
    };
    add("agents.enrolled", std::count_if(peers_.list().begin(), peers_.list().end(), [](const auto& peer) {
            return peer.first.first == Role::agent && !peer.second.revoked;
        }));
    add("agents.online", online_);
    add("sessions.pending", sessions_.pending());
    add("sessions.proven", sessions_.proven());
    add("jobs.open", jobs_.open());
    add("journal.id", to_hex(log_.journal()));
    add("journal.head", log_.head());
    add("journal.waiting", log_.waiting());
    add("journal.commits", log_.commits());
    add("journal.failures", log_.failures());
    add("journal.last_error", log_.last_error());
    for (const auto& [consumer, sequence] : cursors_) {
        if (status.rows.size() >= limits::kArrayItems - 2 * kRefusals) break;
        add("cursor." + consumer, sequence);
        add("lag." + consumer, log_.head() - std::min(sequence, log_.head()));
    }
    for (std::size_t i = 0; i < kRefusals; ++i)
        add("refused." + std::string(refusal_name(static_cast<Refusal>(i))), sessions_.refusals()[i]);
    reply(live, status);
}

void BrokerCore::handle(Live& live, const KeyIssueRequest& request, const Now& now) {
    const std::string what = std::string(role_name(request.role)) + " " + request.id.substr(0, 64);
    auto entry = peers_.issue(request.role, request.id);
    audit(live, "key issue", what, entry.ok(), now);
    if (!entry)
        return reply(live, ErrorReply{ErrorCode::exists, entry.error().message, entry.error().next, {}});
    save_peers(live, KeyIssueReply{entry->name.id, entry->name.role, entry->name.generation, entry->key,
                                   peers_.broker_id(), options_.endpoints});
}

void BrokerCore::handle(Live& live, const KeyRevokeRequest& request, const Now& now) {
    const std::string what = std::string(role_name(request.role)) + " " + request.id.substr(0, 64);
    const bool self = request.role == Role::operator_ && request.id == kLocalOperator;
    const Status revoked =
        self ? Status(Error{"the local operator can't be revoked", "guard the run folder instead"})
             : peers_.revoke(request.role, request.id);
    audit(live, "key revoke", what, revoked.ok(), now);
    if (!revoked)
        return reply(live,
                     ErrorReply{ErrorCode::unknown_peer, revoked.error().message, revoked.error().next, {}});
    sessions_.end_peer(request.role, request.id);
    if (request.role == Role::agent) agent_disconnected(request.id, "its key was revoked", now.wall_us, now);
    save_peers(live, DoneReply{what + " is revoked"});
}

void BrokerCore::save_peers(Live& live, Reply when_saved) {
    const std::uint64_t token = next_token_++;
    keys_[token] = {{live.address, live.session->id()}, std::move(when_saved)};
    actions_.push_back(SavePeers{token, peers_.list()});
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
        const PeerEntry* entry = peers_.find(at->first.first, at->first.second);
        page.rows.push_back({at->first.second, at->first.first, at->second.generation, at->second.revoked,
                             key_fingerprint(entry->key),
                             sessions_.connected(at->first.first, at->first.second)});
    }
    reply(live, page);
}

}  // namespace pncp::broker
