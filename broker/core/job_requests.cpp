// What operators ask about jobs: send, whom would it reach, cancel.
#include <algorithm>

#include "broker/core/broker_core.hpp"
#include "broker/core/selection.hpp"
#include "schema/codec.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::broker {

namespace {

/// Names in one JOB_TARGETS event: with its keys it stays under the 16 KiB of a body.
constexpr std::size_t kTargetsBytes = 12 * 1024;

template <typename Request>
Narrowing narrowing_of(const Request& request) {
    return {request.offline, request.limit, request.limit_percent, request.seed};
}

/// So many names help; all of a fleet would be a page of them.
constexpr std::size_t kNearestNames = 10;

std::optional<ErrorReply> check_rollout(const Rollout& rollout) {
    const auto wrong = [](const char* what) { return ErrorReply{ErrorCode::malformed, what, "", {}}; };
    if (rollout.batch == 0 || (rollout.batch_percent && rollout.batch > 100))
        return wrong("a batch is at least one target, and at most 100 %");
    if (rollout.stop_failures_percent && rollout.stop_failures > 100)
        return wrong("more than 100 % of the targets can't fail");
    if (rollout.pause_ms < 0 || rollout.pause_ms > limits::kRolloutPauseMaxMs)
        return wrong("the pause between batches must be between 0 and 24 h");
    if (rollout.stop_when.empty()) return std::nullopt;
    const auto expression = TargetExpression::parse(rollout.stop_when);
    if (expression) return std::nullopt;
    return ErrorReply{ErrorCode::unknown_agent, expression.error().message, expression.error().next, {}};
}

/// What of the request is wrong by itself, whoever asks.
std::optional<ErrorReply> check_form(const SendRequest& request) {
    const auto wrong = [](const char* what) { return ErrorReply{ErrorCode::malformed, what, "", {}}; };
    if (!valid_command_name(request.name) || request.arguments.size() > limits::kCommandArguments)
        return wrong("not a command name, or more than 32 arguments");
    std::size_t text_bytes = request.target.size();
    if (request.rollout) text_bytes += request.rollout->stop_when.size();
    for (const std::string& argument : request.arguments)
        text_bytes += argument.size() > limits::kArgumentBytes ? limits::kRequestTextBytes : argument.size();
    if (text_bytes > limits::kRequestTextBytes)
        return wrong("an argument is longer than 1 KiB, or all of them and the target than 8 KiB");
    if (request.timeout_ms < 0 || request.timeout_ms > limits::kCommandTimeoutMaxMs)
        return wrong("the time-out must be between 1 ms and 24 h");
    if (request.deliver_by_ms < 0 || request.deliver_by_ms > limits::kDeliverByMaxMs)
        return wrong("a job waits for devices at most 30 days");
    if (request.rollout) return check_rollout(*request.rollout);
    return std::nullopt;
}

ErrorReply nobody_may(const std::string& operator_id, const std::string& what, std::size_t agents) {
    return {ErrorCode::denied,
            "operator " + operator_id + " may not " + what + " any of these " + std::to_string(agents) +
                " agents",
            "an [[allow]] in the broker's rights.toml gives the right; then: pncp-cli reload",
            {}};
}

}  // namespace

bool BrokerCore::may_send(const Live& live, const std::string& command, const std::string& agent) const {
    static const std::vector<std::string> kNoTags;
    const AgentState* state = agents_.find(agent);
    return options_.rights.may_send(live.peer().id, command, agent, state == nullptr ? kNoTags : state->tags);
}

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
    if (const auto error = check_form(request)) return refuse_request(*error);
    auto targets = targets_of(request.target, now);
    if (auto* error = std::get_if<ErrorReply>(&targets)) return refuse_request(*error);
    auto narrowed = narrow(std::move(std::get<0>(targets)), narrowing_of(request));
    if (auto* error = std::get_if<ErrorReply>(&narrowed)) return refuse_request(*error);
    const auto& names = std::get<0>(narrowed);
    if (names.empty())
        return refuse_request({ErrorCode::no_target,
                               "every agent that is meant is offline",
                               "without --offline skip they count as unanswered",
                               {}});
    if (const auto error = check_command(request.name)) return refuse_request(*error);
    if (log_.full())
        return refuse_request({ErrorCode::journal,
                               "the journal has too much waiting to take another job",
                               "try again in a moment; see: pncp-cli status",
                               {}});
    if (jobs_.open().size() >= limits::kJobsOpen ||
        jobs_.open_targets() + names.size() > limits::kTargetsOpen)
        return refuse_request({ErrorCode::overload,
                               std::to_string(jobs_.open().size()) + " jobs with " +
                                   std::to_string(jobs_.open_targets()) + " targets have not ended yet",
                               "wait for some, or cancel them; see: pncp-cli jobs",
                               {}});
    std::vector<std::string> denied;
    for (const std::string& agent : names)
        if (!may_send(live, request.name, agent)) denied.push_back(agent);
    if (denied.size() == names.size())
        return refuse_request(nobody_may(live.peer().id, "send " + request.name + " to", names.size()));
    audit(live, "send", what + (denied.empty() ? "" : "; denied for " + std::to_string(denied.size())), true,
          now);
    begin_job(to, live.peer().id, direction_up(live.peer().role), request, names, denied, now);
}

void BrokerCore::begin_job(const ReplyTo& to, const std::string& operator_id, Direction direction,
                           const SendRequest& request, const std::vector<std::string>& names,
                           const std::vector<std::string>& denied, const Now& now) {
    const std::int64_t timeout_ms = request.timeout_ms > 0 ? request.timeout_ms : limits::kCommandTimeoutMs;
    JobBody body{request.job,    operator_id,  request.name, without_secrets(request),
                 request.target, names.size(), timeout_ms,   false};
    if (request.deliver_by_ms > 0) body.deliver_by_us = now.wall_us + request.deliver_by_ms * 1000;
    body.rollout = request.rollout;
    Job& job = jobs_.create(body, log_.head() + 1, now.boot_ms + timeout_ms + kAnswerGraceMs);
    job.arguments = request.arguments;
    job.deliver_by_ms = request.deliver_by_ms > 0 ? now.boot_ms + request.deliver_by_ms : 0;
    prepare_stop(job);
    append_job_event(job, EventKind::job, encode(body), direction, now);
    const std::int64_t deadline_us =
        job.staged() ? body.deliver_by_us : now.wall_us + (timeout_ms + kAnswerGraceMs) * 1000;
    for (const std::string& name : denied)
        end_target(job, name, jobs_.add_target(job, name), Outcome::denied,
                   "operator " + operator_id + " may not send " + request.name + " to it", Keep::with_job,
                   now);
    for (const std::string& name : names) {
        if (std::binary_search(denied.begin(), denied.end(), name)) continue;
        Target& target = jobs_.add_target(job, name, job.staged());
        if (!job.staged()) start_target(job, name, target, Keep::with_job, now);
    }
    if (job.staged()) {
        journal_waiting(job, now);
        advance(job, Keep::with_job, now);
    }
    log_.append(journal::JobRecord{job.id, job.first_seq, deadline_us, false});
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, SendReply{job.id, names.size(), false}, job.id};
    log_.append_ticket(ticket);
}

void BrokerCore::journal_waiting(Job& job, const Now& now) {
    JobTargetsBody page{job.id, {}};
    std::size_t bytes = 0;
    const auto flush = [&] {
        append_job_event(job, EventKind::job_targets, encode(page), Direction::feed, now);
        page.names.clear();
        bytes = 0;
    };
    for (const auto& [name, target] : job.targets) {
        if (!target.waiting) continue;
        if (page.names.size() == limits::kArrayItems || bytes + name.size() > kTargetsBytes) flush();
        page.names.push_back(name);
        bytes += name.size() + 2;
    }
    if (!page.names.empty()) flush();
}

void BrokerCore::append_job_event(const Job& job, EventKind kind, Bytes body, Direction direction,
                                  const Now& now) {
    NewEvent event{EventClass::job, to_hex(job.id), now.wall_us, "",          direction, kind,
                   std::move(body), std::nullopt,   job.id,      std::nullopt};
    log_.append(std::move(event), now);
}

void BrokerCore::handle(Live& live, const TargetsRequest& request, const Now& now) {
    auto targets = targets_of(request.target, now);
    if (auto* error = std::get_if<ErrorReply>(&targets)) return reply(live, *error);
    auto narrowed = narrow(std::move(std::get<0>(targets)), narrowing_of(request));
    if (auto* error = std::get_if<ErrorReply>(&narrowed)) return reply(live, *error);
    if (!request.name.empty())
        if (const auto error = check_command(request.name)) return reply(live, *error);
    const auto& names = std::get<0>(narrowed);
    TargetsReply page;
    page.total = names.size();
    for (auto at = std::upper_bound(names.begin(), names.end(), request.after); at != names.end(); ++at) {
        if (page.rows.size() == limits::kPageRows) {
            page.next = page.rows.back().id;
            break;
        }
        page.rows.push_back({*at, std::string(state_of(*at, now)),
                             !request.name.empty() && !may_send(live, request.name, *at)});
    }
    reply(live, page);
}

void BrokerCore::handle(Live& live, const CancelRequest& request, const Now& now) {
    const ReplyTo to{live.address, live.session->id()};
    Job* job = jobs_.find(request.job);
    const std::string what = "job " + to_hex(request.job) +
                             (request.claims.empty() ? "" : " (claims " + request.claims.substr(0, 64) + ")");
    if (job == nullptr)
        return reply(to, ErrorReply{ErrorCode::unknown_job,
                                    "no job " + to_hex(request.job) + " is open",
                                    "see: pncp-cli jobs",
                                    {}});
    const bool own = job->body.operator_id == live.peer().id;
    const auto forbidden = std::find_if(job->targets.begin(), job->targets.end(), [&](const auto& at) {
        return !own && !at.second.ended && !may_send(live, job->body.name, at.first);
    });
    if (forbidden != job->targets.end()) {
        audit(live, "cancel", what, false, now);
        return reply(to,
                     nobody_may(live.peer().id, "cancel " + job->body.name + " on all", job->targets.size()));
    }
    CancelReply answer{job->id, 0, 0, job->answered};
    if (!job->ended) {
        audit(live, "cancel", what, true, now);
        job->body.cancelled_by = live.peer().id;
        append_job_event(*job, EventKind::job, encode(job->body), direction_up(live.peer().role), now);
        for (auto& [agent, target] : job->targets) cancel_target(*job, agent, target, answer, now);
    }
    const std::uint64_t ticket = next_token_++;
    deferred_[ticket] = {to, answer, std::nullopt};
    log_.append_ticket(ticket);
}

void BrokerCore::cancel_target(Job& job, const std::string& agent, Target& target, CancelReply& answer,
                               const Now& now) {
    if (target.ended || target.closing) return;
    const std::string by = "cancelled by " + job.body.cancelled_by;
    Live* live = sessions_.agent(agent);
    if (target.waiting) {
        ++answer.withdrawn;
        end_target(job, agent, target, Outcome::cancelled, by + " before it was sent", Keep::always, now);
    } else if (live != nullptr && live->hello.spool == target.spool) {
        ++answer.told;
        target.cancelled = true;
        // What is on its way to the journal is not sent yet: dispatch() sees to it.
        if (target.sent) send(*live, FrameType::cancel, Cancel{target.command});
    } else {
        ++answer.withdrawn;
        end_target(job, agent, target, Outcome::cancelled, by + " while it was offline: it may have run",
                   Keep::always, now);
    }
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
        if (agent->throttled) facts.throttled = *agent->throttled;
        facts.commands = agent->commands();
    }
    return facts;
}

std::variant<std::vector<Candidate>, ErrorReply> BrokerCore::targets_of(const std::string& text,
                                                                        const Now& now) const {
    const auto expression = TargetExpression::parse(text);
    if (!expression)
        return ErrorReply{ErrorCode::unknown_agent, expression.error().message, expression.error().next, {}};
    std::vector<Candidate> meant;
    std::vector<std::string> listed;
    for (const auto& [name, record] : peers_.list()) {
        if (name.first != Role::agent || record.revoked) continue;
        listed.push_back(name.second);
        if (expression->matches(facts_of(name.second, now)))
            meant.push_back({name.second, sessions_.newest(Role::agent, name.second) != nullptr});
    }
    // Who is named outright and unknown is a mistake, wherever in the expression.
    const auto knows = [&](const std::string& name) {
        return std::binary_search(listed.begin(), listed.end(), name);
    };
    if (auto error = check_names(*expression, knows)) return std::move(*error);
    if (listed.empty())
        return ErrorReply{ErrorCode::no_target,
                          "no agent is enrolled, so there is none to send to",
                          "bring one in: pncp-cli enroll NAME",
                          {}};
    if (meant.empty())
        return ErrorReply{
            ErrorCode::no_target, "no agent is meant by " + text.substr(0, 200), "see: pncp-cli agents", {}};
    return meant;
}

std::optional<ErrorReply> BrokerCore::check_names(
    const TargetExpression& expression, const std::function<bool(const std::string&)>& knows) const {
    const auto& names = expression.names();
    const auto unknown = std::find_if_not(names.begin(), names.end(), knows);
    if (unknown == names.end()) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [peer, record] : peers_.list())
        if (peer.first == Role::agent && !record.revoked) known.push_back(peer.second);
    nearest_first(known, *unknown, kNearestNames);
    return ErrorReply{ErrorCode::unknown_agent, "no agent is called '" + unknown->substr(0, 64) + "'",
                      "see: pncp-cli agents", std::move(known)};
}

std::optional<ErrorReply> BrokerCore::check_command(const std::string& name) const {
    const auto commands = commands_of("");
    if (commands.contains(name)) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [known_name, row] : commands) known.push_back(known_name);
    if (known.empty()) return std::nullopt;
    nearest_first(known, name, limits::kCatalogueEntries);
    return ErrorReply{ErrorCode::unknown_command, "no agent knows a command '" + name + "'",
                      "see: pncp-cli commands", known};
}

std::vector<std::string> BrokerCore::without_secrets(const SendRequest& request) const {
    std::vector<std::string> shown = request.arguments;
    // Whoever calls an argument secret is believed: the same text goes to every target.
    agents_.for_each_catalogue([&](const KnownCatalogue& catalogue) {
        for (const CatalogueEntry& entry : catalogue.entries)
            for (std::size_t i = 0;
                 entry.name == request.name && i < entry.arguments.size() && i < shown.size(); ++i)
                if (entry.arguments[i].ends_with(" (secret)")) shown[i] = kSecretArgument;
    });
    return shown;
}

}  // namespace pncp::broker
