#include "tests/unit/security/joined.hpp"

#include <algorithm>

namespace pncp::security {

namespace {

std::uint64_t refusals_of(const agent::AgentCore& core) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kRefusals; ++i) sum += core.refused(static_cast<Refusal>(i));
    return sum;
}

}  // namespace

Joined::Joined() : directory(MasterSecret{{7, 1, 3}}, PeersFile{}) {
    recovered_.journal = {9};
    recovered_.class_heads.resize(kEventClasses);
    for (const char* id : {"pi-1", "pi-2"}) EXPECT_TRUE(directory.issue(Role::agent, id).ok());
    EXPECT_TRUE(directory.issue(Role::operator_, "local").ok());
    EXPECT_TRUE(directory.issue(Role::subscriber, "bridge").ok());
    restart_broker();
}

Key32 Joined::nonce() {
    Key32 bytes{};
    store_be(bytes.data(), ++counter_);
    return bytes;
}

// --- peers ---------------------------------------------------------------------------------------------

Party& Joined::start_agent(const std::string& id) {
    for (auto& party : parties_)
        if (party->id == id) gone_.push_back(std::move(party));
    std::erase(parties_, nullptr);
    const broker::PeerEntry& entry = *directory.newest(Role::agent, id);
    agent::AgentConfig config;
    config.self = entry.name;
    config.key = entry.key;
    config.broker = directory.broker_id();
    config.endpoint = "tcp://broker";
    config.boot_id = "boot";
    const Key32 bytes = nonce();
    std::copy_n(bytes.begin(), config.spool.size(), config.spool.begin());
    config.version = "0.1.0";
    config.model = "Raspberry Pi 4";
    config.tags = {"site=lab"};
    config.catalogue = {{"work", "does some", {}}};
    config.sample_interval_ms = 60'000;  // so that there is silence, and HEARTBEAT
    auto& party = *parties_.emplace_back(std::make_unique<Party>());
    party.id = id;
    party.identity = entry.name.text();
    party.core = std::make_unique<agent::AgentCore>(std::move(config));
    perform_agent(party, party.core->start(clock()));
    settle();
    return party;
}

Party& Joined::connect(Role role, const std::string& id) {
    const broker::PeerEntry& entry = *directory.newest(role, id);
    auto& party = *parties_.emplace_back(std::make_unique<Party>());
    party.role = role;
    party.id = id;
    party.identity = entry.name.text();
    party.address = {broker::Port::control, id + "#" + std::to_string(++counter_)};
    party.session.emplace(entry.name, entry.key, directory.broker_id());
    Hello hello;
    hello.na = nonce();
    hello.version = "0.1.0";
    flying_.push_back({&party, true, party.session->hello(hello)});
    settle();
    return party;
}

void Joined::ask(Party& party, const Request& request) {
    flying_.push_back({&party, true, party.session->seal(FrameType::request, request)});
    settle();
}

void Joined::cut(Party& party) {
    core->on_unreachable(party.address, now_);
    perform_broker();
    perform_agent(party, party.core->on_connection(agent::ConnectionEvent::disconnected, clock(), nonce()));
    settle();
}

void Joined::restart_broker() {
    broker::BrokerOptions options;
    options.endpoints = {"agents=tcp://h:1"};
    core.emplace(options, directory, recovered_, now_);
    perform_broker();
}

void Joined::finish(Party& party, agent::CommandFinished finished) {
    perform_agent(party, party.core->on_command_finished(std::move(finished), clock()));
    settle();
}

void Joined::cancel(Party& party, const Id16& command) {
    std::optional<Challenge> challenge;
    Header last;
    for (const Passage& passage : recorded) {
        if (passage.party != &party || passage.up) continue;
        const auto parsed = parse_frame(passage.frame);
        const auto& frame = std::get<UnverifiedFrame>(parsed);
        last = frame.header;
        if (frame.header.type == FrameType::challenge) challenge = decode<Challenge>(frame.payload);
    }
    const broker::PeerEntry* entry = directory.find(*PeerName::parse(party.identity));
    SigningKey down(session_keys(entry->key, challenge->na, challenge->nb, challenge->session, party.id,
                                 directory.broker_id())
                        .down);
    last.type = FrameType::cancel;
    ++last.counter;
    flying_.push_back({&party, false, make_frame(last, down, Cancel{command})});
    settle();
}

void Joined::stop(Party& party) {
    perform_agent(party, party.core->stop(clock(), "the test is over"));
    settle();
}

// --- time ----------------------------------------------------------------------------------------------

void Joined::settle() {
    while (!flying_.empty()) {
        const Passage passage = std::move(flying_.front());
        flying_.pop_front();
        pass_on(passage);
    }
}

void Joined::pass_on(const Passage& passage) {
    if (tap) tap(passage);
    recorded.push_back(passage);
    deliver(passage);
}

void Joined::pass(std::int64_t ms) {
    constexpr std::int64_t kStepMs = 50;
    for (std::int64_t passed = 0; passed < ms; passed += kStepMs) {
        now_.boot_ms += kStepMs;
        now_.wall_us += kStepMs * 1'000;
        for (std::size_t i = 0; i < parties_.size(); ++i) {
            Party& party = *parties_[i];
            if (party.core && party.core->wake_at_ms() <= now_.boot_ms)
                perform_agent(party, party.core->on_timer(clock(), nonce()));
        }
        core->on_time(now_);
        perform_broker();
        settle();
    }
}

void Joined::deliver(const Passage& passage) {
    Party& party = *passage.party;
    if (!passage.up) return deliver_down(party, passage.frame);
    core->on_frame(party.address, party.identity, passage.frame, nonce(), now_);
    perform_broker();
}

void Joined::deliver_down(Party& party, ByteView frame) {
    if (party.core) return perform_agent(party, party.core->on_frame(frame, clock()));
    auto input = party.session->on_frame(frame);
    if (auto* auth = std::get_if<ClientSession::SendAuth>(&input)) {
        flying_.push_back({&party, true, std::move(auth->frame)});
    } else if (auto* verified = std::get_if<Verified>(&input)) {
        const auto reply = decode<Reply>(verified->payload);
        EXPECT_TRUE(reply);
        if (reply) party.replies.push_back(*reply);
    } else if (std::holds_alternative<ClientSession::Lost>(input)) {
        party.lost = true;
    }
}

// --- actions -------------------------------------------------------------------------------------------

void Joined::perform_agent(Party& party, agent::Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        agent::Actions more;
        if (auto* send = std::get_if<agent::Send>(&actions[i])) {
            flying_.push_back({&party, true, std::move(send->frame)});
        } else if (std::holds_alternative<agent::OpenSocket>(actions[i])) {
            party.address = {broker::Port::agents, party.id + "#" + std::to_string(++counter_)};
            party.open = true;
            more = party.core->on_connection(agent::ConnectionEvent::connected, clock(), nonce());
        } else if (std::holds_alternative<agent::CloseSocket>(actions[i])) {
            close(party);
        } else if (std::holds_alternative<agent::TakeSample>(actions[i])) {
            more = party.core->on_sample({{"m", {}, {{"n", std::int64_t{1}}}}}, clock());
        } else if (auto* run = std::get_if<agent::RunCommand>(&actions[i])) {
            party.runs.push_back(*run);
        } else if (auto* cancel = std::get_if<agent::CancelCommand>(&actions[i])) {
            party.cancelled.push_back(cancel->command);
        } else if (auto* key = std::get_if<agent::SaveKey>(&actions[i])) {
            party.identity = PeerName{Role::agent, party.id, key->generation}.text();
            more = party.core->on_key_saved(*key, Done{}, clock());
        }
        for (auto& action : more) actions.push_back(std::move(action));
    }
}

/// What was sent still arrives, BYE above all; what comes back finds nobody.
void Joined::close(Party& party) {
    party.open = false;
    while (true) {
        const auto next = std::find_if(flying_.begin(), flying_.end(), [&](const Passage& passage) {
            return passage.up && passage.party == &party;
        });
        if (next == flying_.end()) break;
        const Passage passage = std::move(*next);
        flying_.erase(next);
        pass_on(passage);
    }
    std::erase_if(flying_, [&](const Passage& passage) { return passage.party == &party; });
    party.address = {};
}

void Joined::perform_broker() {
    while (true) {
        auto actions = core->take_actions(now_);
        if (actions.empty()) return;
        for (auto& action : actions) (void)perform_broker_action(action);
    }
}

/// False for what nobody notices: lines of the log.
bool Joined::perform_broker_action(broker::Action& action) {
    if (auto* send = std::get_if<broker::SendTo>(&action)) {
        for (auto& party : parties_)
            if (party->address == send->to) flying_.push_back({party.get(), false, std::move(send->frame)});
    } else if (auto* publish = std::get_if<broker::Publish>(&action)) {
        if (feed_tap) feed_tap(publish->frame);
        published.emplace_back(publish->topic, std::move(publish->frame));
    } else if (auto* commit_action = std::get_if<broker::Commit>(&action)) {
        commit(*commit_action);
    } else if (auto* page = std::get_if<broker::ReadPage>(&action)) {
        core->on_page(page->token, journal::Page{1, recovered_.head, recovered_.head, {}}, now_);
    } else if (auto* rows = std::get_if<broker::ReadRows>(&action)) {
        core->on_rows(rows->token, std::vector<EventRow>{}, now_);
    } else if (auto* save = std::get_if<broker::SavePeers>(&action)) {
        core->on_peers_saved(save->token, Done{}, now_);
    }
    return !std::holds_alternative<broker::Log>(action);
}

void Joined::commit(const broker::Commit& action) {
    for (const auto& event : action.group->events) {
        ASSERT_EQ(event.seq, events_.size() + 1);
        events_.push_back(event);
        recovered_.head = event.seq;
        recovered_.class_heads[static_cast<std::size_t>(event.event_class)] = event.class_seq;
        if (!event.origin) continue;
        auto& spools = recovered_.spools;
        auto at = std::find_if(spools.begin(), spools.end(),
                               [&](const auto& spool) { return spool.spool == event.origin->spool; });
        if (at == spools.end()) at = spools.insert(at, {event.origin->agent, event.origin->spool, {}});
        at->heads.of(event.origin->stream) = event.origin->seq;
    }
    for (const auto& record : action.group->agents) {
        std::erase_if(recovered_.agents, [&](const auto& old) { return old.id == record.id; });
        recovered_.agents.push_back(record);
    }
    core->on_committed(action.token, Done{}, now_);
}

// --- attacks -------------------------------------------------------------------------------------------

Tried Joined::try_broker(const broker::Address& from, const std::string& identity, ByteView frame) {
    tried_ms_ += 61'000;
    const std::size_t waiting = core->waiting_rows();
    core->on_frame(from, identity, frame, nonce(), {now_.boot_ms + tried_ms_, now_.wall_us});
    Tried tried;
    tried.effects = core->waiting_rows() - waiting;
    for (auto actions = core->take_actions(now_); !actions.empty(); actions = core->take_actions(now_))
        for (auto& action : actions) {
            const auto* send = std::get_if<broker::SendTo>(&action);
            const auto type = send == nullptr ? FrameType::event : static_cast<FrameType>(send->frame[4]);
            if (type == FrameType::no_session && send->to == from)
                tried.no_sessions.push_back(send->frame);
            else if (type == FrameType::challenge && send->to == from)
                ++tried.challenges;
            else
                tried.effects += perform_broker_action(action) ? 1 : 0;
        }
    return tried;
}

bool Joined::refuses(Party& party, ByteView frame) {
    if (!party.core) return std::holds_alternative<Refusal>(party.session->on_frame(frame));
    const std::uint64_t before = refusals_of(*party.core);
    const auto actions = party.core->on_frame(frame, clock());
    const bool quiet = std::all_of(actions.begin(), actions.end(), [](const agent::Action& action) {
        return std::holds_alternative<agent::Log>(action);
    });
    return quiet && (refusals_of(*party.core) == before + 1 || !party.open);
}

// --- the story -----------------------------------------------------------------------------------------

Cast tell_story(Joined& joined) {
    Cast cast;
    cast.local = &joined.connect(Role::operator_, "local");
    cast.bridge = &joined.connect(Role::subscriber, "bridge");
    cast.pi = &joined.start_agent("pi-1");
    joined.pass(1'000);

    joined.ask(*cast.local, SendRequest{{5}, "pi-1", "work", {}, 0, ""});
    EXPECT_EQ(cast.pi->runs.size(), 1U);
    agent::CommandFinished finished;
    if (!cast.pi->runs.empty()) finished.command = cast.pi->runs[0].command;
    finished.out = "done";
    joined.finish(*cast.pi, std::move(finished));
    joined.ask(*cast.bridge, FetchRequest{0, "", 0});
    joined.ask(*cast.local, AgentsRequest{});
    joined.pass(45'000);
    EXPECT_EQ(cast.local->replies.size(), 2U);
    EXPECT_EQ(cast.bridge->replies.size(), 1U);
    EXPECT_TRUE(cast.pi->core->in_session());
    return cast;
}

void farewell(Joined& joined, const Cast& cast) {
    joined.ask(*cast.local, KeyRotateRequest{"pi-1", Role::agent});
    joined.pass(1'000);
    EXPECT_EQ(cast.pi->identity, "agent/pi-1/2") << "the next key came and is in use";
    joined.ask(*cast.local, SendRequest{{6}, "pi-1", "work", {}, 0, ""});
    EXPECT_EQ(cast.pi->runs.size(), 2U);
    joined.cancel(*cast.pi, cast.pi->runs.back().command);
    EXPECT_EQ(cast.pi->cancelled.size(), 1U);
    joined.restart_broker();
    joined.pass(60'000);
    EXPECT_TRUE(cast.pi->core->in_session()) << "it was told NO_SESSION and came back";
    joined.stop(*cast.pi);
    joined.pass(2'000);
    EXPECT_TRUE(cast.pi->core->stopped());
}

}  // namespace pncp::security
