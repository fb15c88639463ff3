// Commands on their way, their answers, and the operators who wait for them.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "schema/codec.hpp"

namespace pncp::broker {

namespace {
/// What a target may take beyond its command's time-out: Wi-Fi with power save alone costs 3 s a round trip.
constexpr std::int64_t kAnswerGraceMs = 5'000;
/// The same failure of the journal is said so often.
constexpr std::int64_t kSayMs = 60'000;
}  // namespace

void BrokerCore::handle(Live& live, const SendRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    if (const Job* known = jobs_.find(request.job))
        return reply(to, SendReply{known->id, known->targets.size(), true});
    // Whose request it is says the session; the user name is only what the CLI claims.
    const std::string what = request.name + " to " + request.target +
                             (request.claims.empty() ? "" : " (claims " + request.claims.substr(0, 64) + ")");
    const auto refuse_request = [&](const ErrorReply& error) {
        audit(live, "send", what + ": " + error.message, false, now);
        reply(to, error);
    };
    if (!valid_command_name(request.name) || request.arguments.size() > limits::kCommandArguments)
        return refuse_request(
            {ErrorCode::malformed, "not a command name, or more than 32 arguments", "", {}});
    std::size_t text_bytes = request.target.size();
    for (const std::string& argument : request.arguments)
        text_bytes += argument.size() > limits::kArgumentBytes ? limits::kRequestTextBytes : argument.size();
    if (text_bytes > limits::kRequestTextBytes)
        return refuse_request(
            {ErrorCode::malformed, "an argument is longer than 1 KiB, or all of them than 8 KiB", "", {}});
    if (request.timeout_ms < 0 || request.timeout_ms > limits::kCommandTimeoutMaxMs)
        return refuse_request({ErrorCode::malformed, "the time-out must be between 1 ms and 24 h", "", {}});
    auto targets = targets_of(request.target, now);
    if (auto* error = std::get_if<ErrorReply>(&targets)) return refuse_request(*error);
    if (const auto error = check_command(request.name)) return refuse_request(*error);
    if (log_.full())
        return refuse_request({ErrorCode::journal,
                               "the journal has too much waiting to take another job",
                               "try again in a moment; see: pncp-cli status",
                               {}});

    const auto& names = std::get<std::vector<std::string>>(targets);
    const auto may = [&](const std::string& agent) {
        const AgentState* state = agents_.find(agent);
        return options_.rights.may_send(live.peer().id, request.name, agent,
                                        state == nullptr ? std::vector<std::string>{} : state->tags);
    };
    const auto denied = static_cast<std::size_t>(
        std::count_if(names.begin(), names.end(), [&](const std::string& agent) { return !may(agent); }));
    if (denied == names.size())
        return refuse_request(
            {ErrorCode::denied,
             "operator " + live.peer().id + " may not send " + request.name + " to any of these " +
                 std::to_string(denied) + " agents",
             "an [[allow]] in the broker's rights.toml gives the right; then: pncp-cli reload",
             {}});
    const std::int64_t timeout_ms = request.timeout_ms > 0 ? request.timeout_ms : limits::kCommandTimeoutMs;
    const JobBody body{request.job,    live.peer().id, request.name, without_secrets(request),
                       request.target, names.size(),   timeout_ms,   false};
    const std::int64_t deadline_ms = now.boot_ms + timeout_ms + kAnswerGraceMs;
    Job& job = jobs_.create(body, log_.head() + 1, deadline_ms);
    job.arguments = request.arguments;
    audit(live, "send", what + (denied > 0 ? "; denied for " + std::to_string(denied) : ""), true, now);
    NewEvent event{EventClass::job, to_hex(job.id), now.wall_us,  "",     direction_up(live.peer().role),
                   EventKind::job,  encode(body),   std::nullopt, job.id, std::nullopt};
    log_.append(std::move(event), now);
    for (const std::string& name : names) {
        if (may(name))
            start_target(job, name, now);
        else
            end_target(job, name, jobs_.add_target(job, name), Outcome::denied,
                       "operator " + live.peer().id + " may not send " + request.name + " to it",
                       Keep::with_job, now);
    }
    log_.append(
        journal::JobRecord{job.id, job.first_seq, now.wall_us + (timeout_ms + kAnswerGraceMs) * 1000, false});
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, SendReply{job.id, names.size(), false}, job.id};
    log_.append_ticket(ticket);
}

TargetFacts BrokerCore::facts_of(const std::string& id, const Now& now) const {
    static const std::vector<std::string> kNoTags;
    TargetFacts facts;
    facts.id = id;
    facts.tags = &kNoTags;
    facts.state = state_of(id, now);
    if (const AgentState* agent = agents_.find(id); agent != nullptr) {
        facts.version = agent->record.version;
        facts.model = agent->model;
        facts.address = agent->address;
        facts.tags = &agent->tags;
        facts.temp = agent->temperature;
    }
    return facts;
}

std::variant<std::vector<std::string>, ErrorReply> BrokerCore::targets_of(const std::string& text,
                                                                          const Now& now) const {
    const auto expression = TargetExpression::parse(text);
    if (!expression)
        return ErrorReply{ErrorCode::unknown_agent, expression.error().message, expression.error().next, {}};
    std::vector<std::string> names;
    std::vector<std::string> listed;
    for (const auto& [name, record] : peers_.list()) {
        if (name.first != Role::agent || record.revoked) continue;
        listed.push_back(name.second);
        if (expression->matches(facts_of(name.second, now))) names.push_back(name.second);
    }
    // Who is named outright and unknown is a mistake, wherever in the expression.
    for (const std::string& name : expression->names()) {
        if (std::binary_search(listed.begin(), listed.end(), name)) continue;
        if (listed.size() > 10) listed.resize(10);
        return ErrorReply{ErrorCode::unknown_agent, "no agent is called '" + name.substr(0, 64) + "'",
                          "see: pncp-cli agents", listed};
    }
    if (listed.empty())
        return ErrorReply{ErrorCode::no_target,
                          "no agent is enrolled, so there is none to send to",
                          "enrol one: pncp-cli key issue NAME --out NAME.key",
                          {}};
    if (names.empty())
        return ErrorReply{
            ErrorCode::no_target, "no agent is meant by " + text.substr(0, 200), "see: pncp-cli agents", {}};
    return names;
}

std::optional<ErrorReply> BrokerCore::check_command(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& [id, agent] : agents_.all())
        for (const CatalogueEntry& entry : agent.catalogue) {
            if (entry.name == name) return std::nullopt;
            known.push_back(entry.name);
        }
    if (known.empty()) return std::nullopt;
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    if (known.size() > limits::kCatalogueEntries) known.resize(limits::kCatalogueEntries);
    return ErrorReply{ErrorCode::unknown_command, "no agent knows a command '" + name + "'",
                      "see: pncp-cli commands", known};
}

std::vector<std::string> BrokerCore::without_secrets(const SendRequest& request) const {
    std::vector<std::string> shown = request.arguments;
    // Whoever calls an argument secret is believed: the same text goes to every target.
    for (const auto& [id, agent] : agents_.all())
        for (const CatalogueEntry& entry : agent.catalogue)
            for (std::size_t i = 0;
                 entry.name == request.name && i < entry.arguments.size() && i < shown.size(); ++i)
                if (entry.arguments[i].ends_with(" (secret)")) shown[i] = kSecretArgument;
    return shown;
}

void BrokerCore::start_target(Job& job, const std::string& agent, const Now& now) {
    Target& target = jobs_.add_target(job, agent);
    Live* live = sessions_.agent(agent);
    if (live == nullptr) {
        const AgentState* state = agents_.find(agent);
        const bool seen = state != nullptr && state->record.last_seen_us > 0;
        return end_target(job, agent, target, Outcome::offline,
                          seen ? state->record.reason : "it has never connected", Keep::with_job, now);
    }
    target.spool = live->hello.spool;
    const CommandBody body{job.id,        target.command,     target.spool,       job.body.operator_id,
                           job.body.name, job.body.arguments, job.body.timeout_ms};
    NewEvent event{EventClass::command, agent,        now.wall_us,  agent,  Direction::broker_to_agent,
                   EventKind::command,  encode(body), std::nullopt, job.id, target.command};
    log_.append(std::move(event), now);
}

void BrokerCore::dispatch(const Target& target, const Job& job, const std::string& agent) {
    Live* live = sessions_.agent(agent);
    if (live == nullptr || live->hello.spool != target.spool || target.ended) return;
    send(*live, FrameType::command,
         Command{target.command, target.spool, job.body.name, job.arguments.value_or(job.body.arguments),
                 job.body.timeout_ms});
}

void BrokerCore::end_target(Job& job, const std::string& agent, Target& target, Outcome outcome,
                            const std::string& reason, Keep keep, const Now& now) {
    if (target.ended || target.closing) return;
    target.closing = true;
    ResultBody body;
    body.command = target.command;
    body.name = job.body.name;
    body.outcome = outcome;
    body.reason = reason;
    NewEvent event{EventClass::result, agent,        now.wall_us,  agent,        Direction::feed,
                   EventKind::result,  encode(body), std::nullopt, std::nullopt, target.command};
    if (keep == Keep::with_job) event.job = job.id;
    log_.append(std::move(event), now);
}

void BrokerCore::resend_commands(const std::string& agent, const Id16& spool, const Now& now) {
    for (const auto& found : jobs_.outstanding(agent)) {
        const auto& shown = found.job->body.arguments;
        const bool forgotten =
            !found.job->arguments && std::find(shown.begin(), shown.end(), kSecretArgument) != shown.end();
        if (found.target->spool == spool && forgotten)
            end_target(*found.job, agent, *found.target, Outcome::interrupted,
                       "it may have run: the broker was restarted, and keeps no secret arguments",
                       Keep::always, now);
        else if (found.target->spool == spool)
            dispatch(*found.target, *found.job, agent);
        else
            end_target(*found.job, agent, *found.target, Outcome::interrupted,
                       "it may have run: the agent came back without the spool the command was sent to",
                       Keep::always, now);
    }
}

void BrokerCore::end_overdue(const Now& now) {
    for (auto& [id, job] : jobs_.all()) {
        if (job.ended || now.boot_ms < job.deadline_ms) continue;
        for (auto& [agent, target] : job.targets)
            end_target(job, agent, target, Outcome::timeout, "no answer within its time-out", Keep::always,
                       now);
    }
}

void BrokerCore::job_ended(Job& job, const Now& now) {
    JobBody body = job.body;
    body.ended = true;
    NewEvent event{EventClass::job, to_hex(job.id), now.wall_us,  "",           Direction::feed,
                   EventKind::job,  encode(body),   std::nullopt, std::nullopt, std::nullopt};
    log_.append(std::move(event), now);
    log_.append(journal::JobRecord{job.id, job.first_seq, 0, true});
}

void BrokerCore::commit_failed(const CommitOutcome& outcome, const Now& now) {
    if (outcome.error != commit_error_ || now.boot_ms - commit_error_said_ms_ >= kSayMs) {
        commit_error_ = outcome.error;
        commit_error_said_ms_ = now.boot_ms;
        log_line(LogLevel::error, std::string("the journal could not commit, so ") +
                                      (outcome.metrics_only ? "the metrics in it are" : "nothing of it is") +
                                      " acknowledged: " + outcome.error);
    }
    for (const CommittedEvent& lost : outcome.events) {
        if (lost.event.origin) rows_not_kept(*lost.event.origin, now);
        if (!lost.event.command) continue;
        const auto found = jobs_.by_command(*lost.event.command);
        if (found.target != nullptr) found.target->closing = false;
    }
    for (const std::uint64_t ticket : outcome.tickets) {
        const auto found = deferred_.find(ticket);
        if (found == deferred_.end()) continue;
        const Deferred deferred = found->second;
        deferred_.erase(found);
        if (deferred.job) jobs_.remove(*deferred.job);
        reply(deferred.to, ErrorReply{ErrorCode::journal,
                                      "the journal could not take it: " + outcome.error,
                                      "nothing was sent; try again when there is room",
                                      {}});
    }
    answer_waiters(now);
}

void BrokerCore::rows_not_kept(const journal::Origin& origin, const Now& now) {
    AgentState& agent = agents_.of(origin.agent);
    SpoolProgress& spool = agent.spools[origin.spool];
    // The first of them stands right behind the committed head; the others of the group follow it.
    const bool first = spool.pending.of(origin.stream) != spool.committed.of(origin.stream);
    spool.pending.of(origin.stream) = spool.committed.of(origin.stream);
    if (!first || agent.record.spool == origin.spool) return;
    // The agent has come back without this spool meanwhile, and what it declared lost began behind these
    // rows.
    append_event(EventClass::event, EventKind::gap, origin.agent, origin.agent, Direction::feed,
                 encode(GapBody{origin.spool, origin.stream, origin.seq, 0, "spool lost"}), now.wall_us, now);
}

void BrokerCore::handle(Live& live, const JobRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    const std::int64_t wait_ms = std::clamp<std::int64_t>(request.wait_ms, 0, limits::kLongPollMs);
    if (answer_poll(to, request, wait_ms == 0 || waiters_.size() >= limits::kLongPolls)) return;
    waiters_.push_back({to, request, now.boot_ms + wait_ms});
}

bool BrokerCore::answer_poll(const ReplyTo& to, const JobRequest& request, bool give_up) {
    Job* job = jobs_.find(request.job);
    if (job == nullptr) {
        reply(to, ErrorReply{ErrorCode::unknown_job,
                             "no job " + to_hex(request.job) + " is at hand",
                             "its events are in the log; only open jobs outlive a restart of the broker",
                             {}});
        return true;
    }
    auto first = std::upper_bound(job->rows.begin(), job->rows.end(), request.after);
    if (first == job->rows.end()) {
        if (!job->ended && !give_up) return false;
        reply(to, JobReply{job->id, job->targets.size(), job->answered, job->ended, request.after, {}});
        return true;
    }
    const auto count = std::min<std::ptrdiff_t>(job->rows.end() - first, limits::kPageRows);
    const std::uint64_t token = next_token_++;
    reads_[token] = {to, job->id, request.after, *(first + count - 1)};
    actions_.push_back(ReadRows{token, {first, first + count}});
    return true;
}

void BrokerCore::on_rows(std::uint64_t token, const Result<std::vector<EventRow>>& rows, const Now&) {
    const auto found = reads_.find(token);
    if (found == reads_.end()) return;
    const PendingRead read = found->second;
    reads_.erase(found);
    if (!rows)
        return reply(read.to, ErrorReply{ErrorCode::journal, rows.error().message, rows.error().next, {}});
    const Job* job = jobs_.find(*read.job);
    if (job == nullptr) return;  // its poller's REQ times out and asks again
    // None of them: retention has deleted them all.
    const std::uint64_t next = rows->empty() ? read.last : rows->back().seq;
    const bool all = job->rows.empty() || next >= job->rows.back();
    reply(read.to, JobReply{job->id, job->targets.size(), job->answered, job->ended && all, next, *rows});
}

void BrokerCore::answer_waiters(const Now& now) {
    std::erase_if(waiters_, [&](const Waiter& waiter) {
        return answer_poll(waiter.to, waiter.request, now.boot_ms >= waiter.until_ms);
    });
}

void BrokerCore::restore(std::uint64_t seq, const Event& event) {
    if (event.kind == EventKind::job) {
        const auto body = decode<JobBody>(event.body);
        const auto deadline = body ? restored_deadlines_us_.find(body->job) : restored_deadlines_us_.end();
        if (deadline == restored_deadlines_us_.end() || body->ended || jobs_.find(body->job) != nullptr)
            return;
        const std::int64_t left_ms = std::clamp<std::int64_t>((deadline->second - recovered_wall_us_) / 1000,
                                                              0, limits::kCommandTimeoutMaxMs);
        jobs_.create(*body, seq, recovered_boot_ms_ + left_ms);
        return;
    }
    CommittedEvent committed{seq, {}};
    committed.event.kind = event.kind;
    committed.event.agent = event.agent;
    if (event.kind == EventKind::command) {
        const auto body = decode<CommandBody>(event.body);
        Job* job = body ? jobs_.find(body->job) : nullptr;
        if (job == nullptr) return;
        jobs_.add_target(*job, event.agent).spool = body->spool;
        committed.event.command = body->command;
    } else if (event.kind == EventKind::output) {
        if (const auto body = decode<OutputBody>(event.body)) committed.event.command = body->command;
    } else if (event.kind == EventKind::result) {
        const auto body = decode<ResultBody>(event.body);
        if (!body) return;
        committed.event.command = body->command;
        // A target that was offline had no COMMAND event: its RESULT is the first that is heard of it.
        for (auto& [id, job] : jobs_.all())
            if (command_id(id, event.agent) == body->command && !job.targets.contains(event.agent))
                jobs_.add_target(job, event.agent);
    }
    // The broker died between the last answer's commit and that of the job's end: the end is written now.
    if (jobs_.note(committed))
        job_ended(*jobs_.by_command(*committed.event.command).job, {recovered_boot_ms_, recovered_wall_us_});
}

}  // namespace pncp::broker
