// What operators and subscribers ask.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "broker/core/number_text.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {

/// What a consumer says of its trouble is a sentence, not a file.
constexpr std::size_t kConsumerErrorBytes = 200;

/// What a subscriber may ask; an operator may ask everything that its rights allow.
template <typename Request>
constexpr bool kForSubscribers =
    std::is_same_v<Request, FetchRequest> || std::is_same_v<Request, CursorRequest> ||
    std::is_same_v<Request, StatusRequest> || std::is_same_v<Request, AnchorRequest> ||
    std::is_same_v<Request, AnchorCheckRequest>;
/// What changes who may come in.
template <typename Request>
constexpr bool kAboutKeys =
    std::is_same_v<Request, KeyIssueRequest> || std::is_same_v<Request, KeyRotateRequest> ||
    std::is_same_v<Request, KeyRevokeRequest> || std::is_same_v<Request, ReloadRequest>;

template <typename Request>
bool allowed(const PeerName& peer, const Rights& rights) {
    if (peer.role == Role::subscriber) return kForSubscribers<Request>;
    // Ids are per role: an operator called like a consumer could else anchor a chain under that name.
    if (std::is_same_v<Request, AnchorRequest>) return false;
    return kAboutKeys<Request> ? rights.may_keys(peer.id) : rights.may_read(peer.id);
}

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
            if (allowed<T>(peer, options_.rights)) return handle(live, typed, now);
            const std::string who = std::string(role_name(peer.role)) + " " + peer.id;
            audit(live, std::string(verb_of(*request)), who + " may not", false, now);
            reply(live,
                  ErrorReply{ErrorCode::denied,
                             who + " may not ask this (" + std::string(verb_of(*request)) + ")",
                             peer.role == Role::subscriber
                                 ? "subscribers only read the feed; use an operator's key"
                                 : "give " + peer.id +
                                       " an [[allow]] in the broker's rights.toml, then: pncp-cli reload",
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

std::string_view BrokerCore::state_of(const std::string& id, const Now& now) const {
    if (const Live* live = sessions_.newest(Role::agent, id); live != nullptr)
        return now.boot_ms - live->heard_ms > limits::kStaleMs ? "stale" : "online";
    const AgentState* agent = agents_.find(id);
    return agent == nullptr || agent->record.last_seen_us == 0 ? "never" : "offline";
}

AgentRow BrokerCore::agent_row(const std::string& id, const Now& now) const {
    AgentRow row;
    row.id = id;
    row.state = state_of(id, now);
    const AgentState* agent = agents_.find(id);
    if (agent == nullptr || agent->record.last_seen_us == 0) return row;
    const auto& record = agent->record;
    row.last_seen_us = record.last_seen_us;
    row.reason = record.reason;
    row.version = record.version;
    row.clock_offset_us = record.clock_offset_us;
    row.clock_synced = record.clock_synced;
    row.model = agent->model;
    row.tags = agent->tags;
    row.address = agent->address;
    if (agent->temperature) row.facts.push_back("temp=" + degrees_text(*agent->temperature));
    if (agent->throttled && !agent->throttled->empty()) row.facts.push_back("throttled=" + *agent->throttled);
    if (!agent->commands().empty()) row.catalogue = to_hex(ByteView(agent->catalogue->hash).first(4));
    if (const Live* live = sessions_.newest(Role::agent, id); live != nullptr)
        row.last_seen_us = now.wall_us - (now.boot_ms - live->heard_ms) * 1000;
    return row;
}

void BrokerCore::handle(Live& live, const AgentsRequest& request, const Now& now) {
    AgentsReply page;
    std::size_t bytes = 0;
    std::optional<TargetExpression> meant;
    if (!request.target.empty()) {
        auto expression = TargetExpression::parse(request.target);
        if (!expression)
            return reply(
                live, ErrorReply{
                          ErrorCode::unknown_agent, expression.error().message, expression.error().next, {}});
        // Who was revoked has been called so: the answers to old jobs ask for them.
        const auto knows = [&](const std::string& name) {
            return peers_.list().contains({Role::agent, name});
        };
        if (const auto error = check_names(*expression, knows)) return reply(live, *error);
        meant.emplace(std::move(*expression));
    }
    for (auto at = peers_.list().upper_bound({Role::agent, request.after});
         at != peers_.list().end() && at->first.first == Role::agent; ++at) {
        if (at->second.revoked || (meant && !meant->matches(facts_of(at->first.second, now)))) continue;
        AgentRow row = agent_row(at->first.second, now);
        bytes += row.id.size() + row.reason.size() + row.version.size() + row.model.size() + 128;
        for (const std::string& tag : row.tags) bytes += tag.size() + 4;
        for (const std::string& fact : row.facts) bytes += fact.size() + 4;
        if (page.rows.size() == limits::kPageRows || bytes > limits::kPageBytes) {
            page.next = page.rows.back().id;
            break;
        }
        page.rows.push_back(std::move(row));
    }
    reply(live, page);
}

std::map<std::string, CommandRow> BrokerCore::commands_of(const std::string& id) const {
    // By their hashes, so that of two equally frequent ones always the same is shown; with how many agents
    // have them.
    std::map<Key32, std::pair<const KnownCatalogue*, std::uint64_t>> catalogues;
    for (const auto& [name, agent] : agents_.all()) {
        if (!agent.catalogue || !(id.empty() || name == id)) continue;
        auto& [catalogue, count] = catalogues[agent.catalogue->hash];
        catalogue = agent.catalogue.get();
        ++count;
    }
    // Of each command, by its definition: how many agents offer it so.
    std::map<std::string, std::map<Key32, std::uint64_t>> variants;
    std::map<std::string, CommandRow> commands;
    for (const auto& [hash, offered] : catalogues) {
        const auto [catalogue, count] = offered;
        for (std::size_t i = 0; i < catalogue->entries.size(); ++i) {
            const CatalogueEntry& entry = catalogue->entries[i];
            auto& of = variants[entry.name];
            const std::uint64_t alike = of[catalogue->entry_hashes[i]] += count;
            CommandRow& row = commands[entry.name];
            const bool most =
                std::all_of(of.begin(), of.end(), [&](const auto& at) { return at.second <= alike; });
            const std::uint64_t agents = row.agents + count;
            if (most || row.agents == 0) row = {entry.name, entry.help, entry.arguments, 0, entry.tags, 0};
            row.agents = agents;
            row.variants = of.size();
        }
    }
    return commands;
}

void BrokerCore::handle(Live& live, const CommandsRequest& request, const Now&) {
    if (!request.agent.empty() && !peers_.list().contains({Role::agent, request.agent}))
        return reply(live, ErrorReply{ErrorCode::unknown_agent,
                                      "no agent is called '" + request.agent.substr(0, 64) + "'",
                                      "see: pncp-cli agents",
                                      {}});
    const auto commands = commands_of(request.agent);
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

void BrokerCore::handle(Live& live, const FetchRequest& request, const Now& now) {
    consumers_.heard(Consumers::name_of(live.peer()), now);
    if (request.after > log_.head()) note_ahead(live.peer(), request.after);
    const std::uint64_t token = next_token_++;
    reads_[token] = {{live.address, live.session->id()}, std::nullopt, request.after, 0};
    const auto limit = static_cast<std::size_t>(
        request.limit == 0 ? limits::kPageRows : std::min<std::uint64_t>(request.limit, limits::kPageRows));
    actions_.push_back(ReadPage{token, request.after, request.prefix, limit});
}

void BrokerCore::handle(Live& live, const CursorRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    const std::string consumer = Consumers::name_of(live.peer());
    if (request.sequence > log_.head() && request.journal == log_.journal())
        note_ahead(live.peer(), request.sequence);
    if (request.sequence > log_.head() || (request.sequence > 0 && request.journal != log_.journal()))
        return reply(to, ErrorReply{ErrorCode::malformed,
                                    "the cursor is of another journal, or ahead of this one's head",
                                    "begin again at the oldest event held",
                                    {}});
    if (!consumers_.room_for(consumer))
        return reply(to,
                     ErrorReply{ErrorCode::overload, "256 durable consumers are registered already", "", {}});
    std::vector<journal::CursorRecord> records;
    const std::uint64_t cursor = consumers_.advance(consumer, request.sequence, now, records);
    for (journal::CursorRecord& record : records) log_.append(std::move(record));
    std::optional<std::string> error = request.error;
    if (error && error->size() > kConsumerErrorBytes) error->resize(kConsumerErrorBytes);
    consumers_.fares(consumer, std::move(error), request.dead_letters);
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, CursorReply{log_.journal(), cursor}, std::nullopt};
    log_.append_ticket(ticket);
}

void BrokerCore::handle(Live& live, const StatusRequest&, const Now& now) {
    StatusReply status;
    const auto add = [&](std::string name, const FieldValue& value) {
        status.rows.push_back({std::move(name), number_text(value)});
    };
    for (auto& [name, value] : numbers()) add(std::move(name), value);
    add("journal.id", to_hex(log_.journal()));
    add("broker.version", options_.version);
    add("broker.now_us", now.wall_us);
    for (const auto& [consumer, at] : consumers_.all()) {
        if (status.rows.size() + 6 + kReasonsShown + kRefusals > limits::kArrayItems) break;
        add("cursor." + consumer, static_cast<std::int64_t>(at.sequence));
        add("lag." + consumer, static_cast<std::int64_t>(log_.head() - std::min(at.sequence, log_.head())));
        add("silent_s." + consumer, (now.boot_ms - at.heard_boot_ms) / 1000);
        add("holds." + consumer, at.holds);
        if (at.dead_letters) add("dead_letters." + consumer, static_cast<std::int64_t>(*at.dead_letters));
        if (at.error) add("error." + consumer, *at.error);
    }
    for (const auto& [reason, count] : counts_.gaps_by_reason)
        add("gaps." + reason, static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < kRefusals; ++i)
        add("refused." + std::string(refusal_name(static_cast<Refusal>(i))),
            static_cast<std::int64_t>(sessions_.refusals()[i]));
    reply(live, status);
}

void BrokerCore::handle(Live& live, const AnchorRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    if (request.journal == log_.journal() && request.sequence > log_.head())
        note_ahead(live.peer(), request.sequence);
    if (request.journal != log_.journal() || request.sequence > log_.head())
        return reply(to, ErrorReply{ErrorCode::malformed,
                                    "the anchor is of another journal, or ahead of this one's head",
                                    "",
                                    {}});
    const std::string& consumer = live.peer().id;
    const Key32 tag =
        anchor_tag(anchor_key(peers_.master()), request.journal, consumer, request.sequence, request.hash);
    append_event(EventClass::audit, EventKind::anchor, consumer, "", direction_up(live.peer().role),
                 encode(AnchorBody{consumer, request.sequence, request.hash, tag}), now.wall_us, now);
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, DoneReply{"anchored"}, std::nullopt};
    log_.append_ticket(ticket);
}

void BrokerCore::handle(Live& live, const AnchorCheckRequest& request, const Now&) {
    if (request.anchors.size() > limits::kAnchorsChecked)
        return reply(live,
                     ErrorReply{ErrorCode::malformed, "more than 64 anchors at once", "ask in parts", {}});
    AnchorCheckReply answer;
    const Key32 key = anchor_key(peers_.master());
    for (std::size_t i = 0; i < request.anchors.size(); ++i) {
        const AnchorBody& anchor = request.anchors[i];
        if (anchor.tag !=
            anchor_tag(key, request.journal, anchor.consumer.substr(0, 63), anchor.sequence, anchor.hash))
            answer.bad.push_back(i);
    }
    reply(live, answer);
}

}  // namespace pncp::broker
