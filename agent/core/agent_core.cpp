#include "agent/core/agent_core.hpp"

#include <algorithm>
#include <utility>

#include "agent/core/rows.hpp"
#include "schema/codec.hpp"

namespace pncp::agent {
namespace {

/// Lines about what does not fit are repeated at most this often.
constexpr std::int64_t kRepeatMs = 600'000;
/// An event is a word and a sentence.
constexpr std::size_t kEventText = 200;

}  // namespace

AgentCore::AgentCore(AgentConfig config)
    : config_(std::move(config)),
      catalogue_hash_(catalogue_hash(config_.catalogue)),
      link_(config_.self, config_.key, config_.broker, config_.endpoint, config_.seed),
      spool_(config_.spool, config_.boot_id, config_.spool_bytes),
      grid_(config_.self.id, config_.sample_interval_ms),
      unfit_logged_(kRepeatMs),
      drops_logged_(kRepeatMs) {
    if (config_.disk) spool_.use_disk(config_.disk->spill_after_ms);
    // One that was handed over is only named once more: behind the others, lest the broker take a younger
    // one, which it may know already, for lost.
    std::stable_partition(config_.formers.begin(), config_.formers.end(),
                          [](const FormerSpool& former) { return !former.handed_over; });
    for (FormerSpool& former : config_.formers)
        formers_.emplace_back(std::move(former), config_.boot_id, config_.spool_bytes);
    config_.formers.clear();
}

// --- events
// -----------------------------------------------------------------------------------------------------------

Actions AgentCore::start(const Clock& now) {
    Actions actions;
    link_.start(now.boot_ms, actions);
    next_sample_ms_ = grid_.after(now.boot_ms);
    actions.emplace_back(TakeSample{});
    return actions;
}

Actions AgentCore::on_connection(ConnectionEvent event, const Clock& now, const Key32& nonce) {
    Actions actions;
    link_.on_connection(event, now.boot_ms, actions);
    if (link_.hello_due(now.boot_ms)) link_.say_hello(make_hello(now, nonce), now.boot_ms, actions);
    return settle(now, std::move(actions));
}

Actions AgentCore::on_frame(ByteView frame, const Clock& now) {
    Actions actions;
    const auto inbound = link_.on_frame(frame, now.boot_ms, actions);
    if (const auto* ready = std::get_if<Ready>(&inbound)) on_ready(*ready, now, actions);
    if (const auto* verified = std::get_if<Verified>(&inbound)) on_message(*verified, now, actions);
    return settle(now, std::move(actions));
}

Actions AgentCore::on_refused(Refusal refusal, const Clock& now) {
    Actions actions;
    link_.refuse(refusal, now.boot_ms, actions);
    return actions;
}

Actions AgentCore::on_sample(const std::vector<Point>& points, const Clock& now) {
    Actions actions;
    SampleRows rows = sample_rows(points);
    for (auto& body : rows.bodies) spool_.add(Stream::metrics, RowKind::metrics, now, std::move(body));
    if (!rows.unfit.empty() && unfit_logged_.allow(now.boot_ms))
        actions.emplace_back(
            Log{log::Level::warning,
                log::cat("a reading of `", rows.unfit.front(), "` is larger than ", limits::kRowBodyBytes,
                         " bytes and was left out; shorten what it reports")});
    return settle(now, std::move(actions));
}

void AgentCore::set_sample_interval(std::int64_t interval_ms, const Clock& now) {
    if (interval_ms == grid_.interval_ms()) return;
    grid_ = SampleGrid(config_.self.id, interval_ms);
    next_sample_ms_ = grid_.after(now.boot_ms);
}

Actions AgentCore::on_device_event(DeviceEventBody event, const Clock& now) {
    event.name = event.name.substr(0, kEventText);
    event.detail = event.detail.substr(0, kEventText);
    (void)spool_.add(Stream::results, RowKind::device_event, now, encode(event));
    return settle(now, {});
}

Actions AgentCore::on_command_finished(CommandFinished finished, const Clock& now) {
    Actions actions;
    auto* entry = commands_.find(finished.command);
    if (entry != nullptr && entry->state == CommandMemory::State::running) {
        end_command(*entry, std::move(finished), now);
        run_queued(actions);
    }
    return settle(now, std::move(actions));
}

Actions AgentCore::on_timer(const Clock& now, const Key32& nonce) {
    Actions actions;
    link_.on_timer(now.boot_ms, actions);
    if (link_.hello_due(now.boot_ms)) link_.say_hello(make_hello(now, nonce), now.boot_ms, actions);
    active().on_timer(now.boot_ms);
    if (link_.heartbeat_due(now.boot_ms)) link_.say_heartbeat(now, actions);
    if (stop_ == Stop::no && now.boot_ms >= next_sample_ms_) {
        next_sample_ms_ = grid_.after(now.boot_ms);
        actions.emplace_back(TakeSample{});
    }
    return settle(now, std::move(actions));
}

Actions AgentCore::stop(const Clock& now, std::string reason) {
    Actions actions;
    if (stop_ != Stop::no) return actions;
    stop_ = Stop::flushing;
    stop_by_ms_ = now.boot_ms + kStopMs;
    stop_reason_ = std::move(reason);
    while (auto* waiting = commands_.next_queued()) {
        CommandFinished refused;
        refused.command = waiting->command.command;
        refused.outcome = Outcome::refused;
        refused.reason = "the agent was stopped before the command began";
        end_command(*waiting, std::move(refused), now);
    }
    return settle(now, std::move(actions));
}

std::int64_t AgentCore::wake_at_ms() const {
    std::int64_t at = stop_ == Stop::no ? next_sample_ms_ : stop_by_ms_;
    if (const auto link = link_.wake_at_ms()) at = std::min(at, *link);
    if (const auto spool = spool_.wake_at_ms()) at = std::min(at, *spool);
    if (const auto former = active().wake_at_ms()) at = std::min(at, *former);
    return at;
}

Actions AgentCore::settle(const Clock& now, Actions actions) {
    if (!link_.ready()) {
        active().suspend();
    } else {
        while (const auto batch = active().next_batch(now))
            link_.say(FrameType::batch, *batch, now.boot_ms, actions);
        leave_former(now, actions);
    }
    disk_work(now, actions);
    if (spool_.dropped() > drops_told_ && drops_logged_.allow(now.boot_ms)) {
        actions.emplace_back(Log{
            log::Level::warning,
            log::cat("the spool is full (", config_.spool_bytes, " bytes): ", spool_.dropped() - drops_told_,
                     " rows were dropped, oldest metrics first; the broker will be told which")});
        drops_told_ = spool_.dropped();
    }
    if (stop_ == Stop::flushing) finish_stop(now, actions);
    return actions;
}

void AgentCore::finish_stop(const Clock& now, Actions& actions) {
    const bool handing_over = !formers_.empty();
    const bool done = (handing_over || spool_.empty()) && commands_.count(CommandMemory::State::running) == 0;
    if (link_.ready() && !done && now.boot_ms < stop_by_ms_) return;
    if (link_.ready())
        link_.say(FrameType::bye, Bye{stop_reason_, !handing_over && spool_.empty()}, now.boot_ms, actions);
    link_.stop(actions);
    stop_ = Stop::done;
    if (!config_.disk) return;
    active().suspend();
    spool_.flush_all(now);
    disk_work(now, actions);
}

// --- session
// ----------------------------------------------------------------------------------------------------------

Hello AgentCore::make_hello(const Clock& now, const Key32& nonce) const {
    Hello hello;
    hello.na = nonce;
    hello.boot_id = config_.boot_id;
    hello.spool = active().id();
    hello.heads = active().heads();
    hello.wall_us = now.wall_us;
    hello.clock_synced = now.synced;
    hello.version = config_.version;
    hello.model = config_.model;
    hello.tags = config_.tags;
    return hello;
}

void AgentCore::on_ready(const Ready& ready, const Clock& now, Actions& actions) {
    if (formers_.empty()) settle_commands(ready.acknowledged);
    active().resume(ready.acknowledged);
    if (ready.catalogue != catalogue_hash_)
        link_.say(FrameType::catalogue, Catalogue{catalogue_hash_, config_.catalogue}, now.boot_ms, actions);
}

void AgentCore::on_message(const Verified& frame, const Clock& now, Actions& actions) {
    if (frame.type == FrameType::ack) {
        if (const auto ack = decode<Ack>(frame.payload)) return on_ack(*ack, now, actions);
        return link_.refuse(Refusal::payload, now.boot_ms, actions);
    }
    // A command that is bound to a former spool may have run. Without an answer it ends `interrupted` as soon
    // as this run's own spool is named to the broker.
    if (!formers_.empty() && (frame.type == FrameType::command || frame.type == FrameType::cancel)) return;
    if (frame.type == FrameType::command) {
        if (auto command = decode<Command>(frame.payload))
            return on_command(std::move(*command), now, actions);
        return link_.refuse(Refusal::payload, now.boot_ms, actions);
    }
    if (frame.type == FrameType::rekey) {
        if (const auto rekey = decode<Rekey>(frame.payload)) return on_rekey(*rekey, now, actions);
        return link_.refuse(Refusal::payload, now.boot_ms, actions);
    }
    if (frame.type == FrameType::cancel) {
        if (const auto cancel = decode<Cancel>(frame.payload)) return on_cancel(*cancel, now, actions);
        return link_.refuse(Refusal::payload, now.boot_ms, actions);
    }
    // A heartbeat has done its work by being heard.
    if (frame.type != FrameType::heartbeat) link_.refuse(Refusal::role, now.boot_ms, actions);
}

void AgentCore::on_ack(const Ack& ack, const Clock& now, Actions& actions) {
    if (ack.spool != active().id()) return;
    const StreamHeads before = active().acknowledged();
    if (!formers_.empty()) {
        active().acknowledge(ack.heads, now.boot_ms);
        if (!(active().acknowledged() == before)) forget_handed_over(actions);
        return;
    }
    const bool ours =
        ack.heads.metrics <= spool_.heads().metrics && ack.heads.results <= spool_.heads().results;
    if (!ours) return link_.refuse(Refusal::payload, now.boot_ms, actions);
    settle_commands(ack.heads);
    spool_.acknowledge(ack.heads, now.boot_ms);
    if (!(spool_.acknowledged() == before)) forget_handed_over(actions);
}

// A head may jump over rows that were dropped, so only what is still here and below it has arrived.
void AgentCore::settle_commands(const StreamHeads& heads) {
    commands_.settle(
        [&](std::uint64_t seq) { return seq <= heads.results && spool_.holds(Stream::results, seq); });
}

void AgentCore::on_rekey(const Rekey& rekey, const Clock& now, Actions& actions) {
    // An older one would lock this device out; the present one is no news.
    if (rekey.generation <= config_.self.generation)
        return link_.refuse(Refusal::payload, now.boot_ms, actions);
    actions.emplace_back(SaveKey{rekey.generation, rekey.key});
}

Actions AgentCore::on_key_saved(const SaveKey& saved, const Status& status, const Clock& now) {
    Actions actions;
    if (status) {
        config_.self.generation = saved.generation;
        config_.key = saved.key;
        actions.emplace_back(Log{log::Level::info, log::cat("the key was replaced by generation ",
                                                            saved.generation, "; coming back with it")});
        link_.change_key(config_.self, config_.key, config_.broker, now.boot_ms, actions);
        return settle(now, std::move(actions));
    }
    // The present key stays good until the broker's grace is over, so a person has time to act.
    actions.emplace_back(Log{log::Level::error, log::cat("the next key (generation ", saved.generation,
                                                         ") can't be kept, so the present one stays in use: ",
                                                         status.error().text())});
    if (saved.generation != rekey_failed_) {
        rekey_failed_ = saved.generation;
        (void)spool_.add(Stream::results, RowKind::device_event, now,
                         encode(DeviceEventBody{"rekey_failed", status.error().message.substr(0, 200)}));
    }
    return settle(now, std::move(actions));
}

void AgentCore::on_cancel(const Cancel& cancel, const Clock& now, Actions& actions) {
    auto* entry = commands_.find(cancel.command);
    if (entry == nullptr || entry->state == CommandMemory::State::finished) return;
    if (entry->state == CommandMemory::State::running) {
        actions.emplace_back(CancelCommand{cancel.command});
        return;
    }
    CommandFinished finished;
    finished.command = cancel.command;
    finished.outcome = Outcome::cancelled;
    finished.reason = "cancelled before it began";
    end_command(*entry, std::move(finished), now);
}

// --- commands
// ---------------------------------------------------------------------------------------------------------

void AgentCore::on_command(Command command, const Clock& now, Actions& actions) {
    const Id16 id = command.command;
    if (command.spool != config_.spool)
        return answer(id, CommandState::refused,
                      "another spool: this device lost the one the command was first sent to, so it may have "
                      "run already",
                      now, actions);
    if (auto* known = commands_.find(id)) {
        answer(id, CommandState::known, "", now, actions);
        // The broker asks for a result that it once had, or that had to be dropped.
        if (known->state == CommandMemory::State::finished &&
            !spool_.holds(Stream::results, known->result_seq)) {
            known->result_seq = spool_.add(Stream::results, RowKind::result, now, encode(known->result));
            known->settled = false;
        }
        return;
    }
    if (stop_ != Stop::no) return answer(id, CommandState::refused, "the agent is stopping", now, actions);
    if (!commands_.has_room())
        return answer(id, CommandState::refused,
                      log::cat("the results of ", limits::kCommandsRemembered,
                               " commands wait for the broker's acknowledgement"),
                      now, actions);
    if (std::string reason = objection(command); !reason.empty()) {
        auto& entry = commands_.remember(std::move(command), CommandMemory::State::running);
        CommandFinished refused;
        refused.command = id;
        refused.outcome = Outcome::refused;
        refused.reason = std::move(reason);
        return end_command(entry, std::move(refused), now);
    }
    const bool at_once =
        std::find(config_.at_once.begin(), config_.at_once.end(), command.name) != config_.at_once.end();
    if (at_once || commands_.count(CommandMemory::State::running) < CommandMemory::kAtOnce) {
        // What ends at once says with its RESULT that it was begun.
        if (!at_once) answer(id, CommandState::running, "", now, actions);
        return run(commands_.remember(std::move(command), CommandMemory::State::running), actions);
    }
    if (commands_.count(CommandMemory::State::queued) >= limits::kCommandsQueued)
        return answer(id, CommandState::refused,
                      log::cat(limits::kCommandsQueued, " commands wait already on this device"), now,
                      actions);
    commands_.remember(std::move(command), CommandMemory::State::queued);
    answer(id, CommandState::queued, "", now, actions);
}

void AgentCore::answer(const Id16& command, CommandState state, std::string reason, const Clock& now,
                       Actions& actions) {
    if (link_.ready())
        link_.say(FrameType::command_ack, CommandAck{command, state, std::move(reason)}, now.boot_ms,
                  actions);
}

std::string AgentCore::objection(const Command& command) const {
    const auto& known = config_.catalogue;
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto& entry) { return entry.name == command.name; })) {
        std::string text = "not a command of this device; it knows ";
        for (const auto& entry : known) text += (&entry == &known.front() ? "" : ", ") + entry.name;
        return known.empty() ? "this device runs no commands" : text;
    }
    if (command.arguments.size() > limits::kCommandArguments)
        return log::cat("more than ", limits::kCommandArguments, " arguments");
    for (const auto& argument : command.arguments)
        if (argument.size() > limits::kArgumentBytes)
            return log::cat("an argument is longer than ", limits::kArgumentBytes, " bytes");
    return {};
}

void AgentCore::run(CommandMemory::Entry& entry, Actions& actions) {
    const Command& command = entry.command;
    const std::int64_t timeout_ms = command.timeout_ms > 0
                                        ? std::min(command.timeout_ms, limits::kCommandTimeoutMaxMs)
                                        : limits::kCommandTimeoutMs;
    actions.emplace_back(RunCommand{command.command, command.name, command.arguments, timeout_ms});
}

void AgentCore::run_queued(Actions& actions) {
    while (stop_ == Stop::no && commands_.count(CommandMemory::State::running) < CommandMemory::kAtOnce) {
        auto* next = commands_.next_queued();
        if (next == nullptr) return;
        next->state = CommandMemory::State::running;
        run(*next, actions);
    }
}

void AgentCore::end_command(CommandMemory::Entry& entry, CommandFinished finished, const Clock& now) {
    CommandRows rows = command_rows(std::move(finished), entry.command.name);
    for (auto& body : rows.outputs) spool_.add(Stream::results, RowKind::output, now, std::move(body));
    const std::uint64_t seq = spool_.add(Stream::results, RowKind::result, now, encode(rows.result));
    commands_.finish(entry, std::move(rows.result), seq);
}

}  // namespace pncp::agent
