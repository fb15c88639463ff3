#include "agent/app/agent_loop.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "agent/builtin/builtin.hpp"
#include "schema/program/clock.hpp"
#include "schema/program/files.hpp"
#include "schema/program/log.hpp"
#include "schema/program/version.hpp"

namespace pncp::agent {
namespace {

enum Tag : std::uint64_t { kSocketTag, kMonitorTag, kSignalTag, kExecutorTag, kScriptsTag, kTags };

/// An agent has one socket, its monitor and libzmq's own ends of both; a fresh one may overlap with the one
/// before.
constexpr int kSockets = 16;
/// Frames taken before looking at signals and timers again.
constexpr int kFramesAtATime = 64;

Clock clock_now() { return {boottime_ms(), wall_us(), clock_synced()}; }

Key32 fresh_nonce() {
    Key32 nonce;
    random_bytes(nonce);
    return nonce;
}

AgentConfig core_config(const AgentSetup& setup, std::string model, SpoolPort& spool) {
    AgentConfig config;
    config.self = setup.key.peer;
    config.key = setup.key.key;
    config.broker = setup.key.broker;
    config.endpoint = setup.endpoint;
    config.boot_id = boot_id();
    random_bytes(config.spool);
    config.version = kVersion;
    config.model = std::move(model);
    config.tags = setup.tags;
    for (const auto& command : builtin_commands()) {
        config.catalogue.push_back({std::string(command.name), std::string(command.help), {}});
        config.at_once.emplace_back(command.name);
    }
    const IntervalTuning tuning(setup.intervals, setup.sample_interval_ms, setup.interval_limits);
    config.catalogue.push_back(
        {std::string(IntervalTuning::kName), std::string(IntervalTuning::kHelp), tuning.arguments()});
    config.at_once.emplace_back(IntervalTuning::kName);
    for (const auto& command : setup.commands) config.catalogue.push_back(describe(command));
    config.sample_interval_ms = setup.sample_interval_ms;
    config.spool_bytes = setup.spool_bytes;
    if (!setup.spool_path.empty())
        spool.open(setup.spool_path, {setup.spool_max, setup.spill_after_ms}, config);
    ByteArray<sizeof config.seed> seed;
    random_bytes(seed);
    config.seed = load_be<std::uint64_t>(seed.data());
    return config;
}

}  // namespace

AgentLoop::AgentLoop(AgentSetup setup, Signals& signals, Notifier& notifier)
    : setup_(std::move(setup)),
      signals_(signals),
      notifier_(notifier),
      sampler_({.intervals = setup_.intervals, .sd_endurance_tb = setup_.sd_endurance_tb}),
      core_(core_config(setup_, sampler_.model(), spool_port_)),
      executor_(std::move(setup_.commands)),
      scripts_(setup_.key.peer.id, std::move(setup_.scripts), boottime_ms()),
      tuning_(setup_.intervals, setup_.sample_interval_ms, setup_.interval_limits),
      context_({.io_threads = 1, .max_sockets = kSockets}),
      watchdog_ms_(watchdog_interval_ms()) {
    poller_.add_fd(signals_.fd(), kSignalTag);
    poller_.add_fd(executor_.fd(), kExecutorTag);
    poller_.add_fd(scripts_.fd(), kScriptsTag);
}

ExitCode AgentLoop::run() {
    log::info(log::cat("version ", kVersion, ", ", setup_.key.peer.text(), ", samples every ",
                       setup_.sample_interval_ms, " ms, broker ", setup_.endpoint));
    notifier_.ready();
    perform(core_.start(clock_now()));
    while (!core_.stopped()) {
        report();
        wait_and_handle();
    }
    log::info("stopped");
    return ExitCode::ok;
}

void AgentLoop::wait_and_handle() {
    const std::int64_t now_ms = boottime_ms();
    std::int64_t wake_ms = core_.wake_at_ms();
    if (watchdog_ms_) wake_ms = std::min(wake_ms, watchdog_due_ms_);
    const auto commands_ms = executor_.wake_at_ms();
    const auto scripts_ms = scripts_.wake_at_ms();
    const auto intervals_ms = tuning_.wake_at_ms();
    for (const auto& at : {commands_ms, scripts_ms, intervals_ms, orphans_.wake_at_ms()})
        wake_ms = std::min(wake_ms, at.value_or(wake_ms));
    // Handling one may open or close sockets, which changes the poller; so what is ready is noted first.
    bool ready[kTags] = {};
    for (const auto& each : poller_.wait(std::max<std::int64_t>(0, wake_ms - now_ms))) ready[each.tag] = true;
    if (ready[kSignalTag]) on_signals();
    if (ready[kMonitorTag]) on_connection_events();
    if (ready[kSocketTag]) on_frames();
    const Clock now = clock_now();
    if (ready[kExecutorTag] || (commands_ms && now.boot_ms >= *commands_ms)) {
        executor_.turn(now.boot_ms);
        report_finished();
    }
    if (ready[kScriptsTag] || (scripts_ms && now.boot_ms >= *scripts_ms)) turn_scripts(now);
    turn_orphans(now.boot_ms);
    if (intervals_ms && now.boot_ms >= *intervals_ms && tuning_.expire(now.boot_ms)) apply_intervals(now);
    if (now.boot_ms >= core_.wake_at_ms()) perform(core_.on_timer(now, fresh_nonce()));
    if (watchdog_ms_ && now.boot_ms >= watchdog_due_ms_) {
        notifier_.watchdog();
        watchdog_due_ms_ = now.boot_ms + *watchdog_ms_;
    }
}

// Any frame or event may close the connection, so it is looked at anew each time.
void AgentLoop::on_frames() {
    for (int i = 0; i < kFramesAtATime && connection_; ++i) {
        switch (connection_->receive()) {
            case Connection::Input::none:
                return;
            case Connection::Input::frame:
                perform(core_.on_frame(connection_->frame(), clock_now()));
                break;
            case Connection::Input::wrong_parts:
                perform(core_.on_refused(Refusal::parts, clock_now()));
                break;
        }
    }
}

void AgentLoop::on_connection_events() {
    while (connection_) {
        const auto event = connection_->next_event();
        if (!event) return;
        perform(core_.on_connection(*event, clock_now(), fresh_nonce()));
    }
}

void AgentLoop::on_signals() {
    while (const auto signal = signals_.next()) {
        if (*signal == SIGHUP) {
            log::info("SIGHUP changes nothing: settings and key are read at start; restart to apply them");
            continue;
        }
        notifier_.stopping();
        // The core first: it begins no more commands when these end.
        perform(core_.stop(clock_now(), *signal == SIGINT ? "stopped by SIGINT" : "stopped by SIGTERM"));
        executor_.stop(boottime_ms());
        scripts_.stop(boottime_ms());
        report_finished();
    }
}

void AgentLoop::report_finished() {
    for (auto& finished : executor_.take_finished()) {
        orphans_.on_run_ended(boottime_ms());
        perform(core_.on_command_finished(std::move(finished), clock_now()));
    }
}

void AgentLoop::turn_orphans(std::int64_t now_ms) {
    const auto due_ms = orphans_.wake_at_ms();
    if (!due_ms || now_ms < *due_ms) return;
    std::vector<pid_t> leaders;
    executor_.add_leaders(leaders);
    scripts_.executor().add_leaders(leaders);
    orphans_.turn(leaders, now_ms);
}

void AgentLoop::turn_scripts(const Clock& now) {
    for (ScriptReport& report : scripts_.turn(now.boot_ms)) {
        orphans_.on_run_ended(now.boot_ms);
        for (DeviceEdge& edge : report.edges)
            perform(core_.on_device_event({std::move(edge.name), std::move(edge.detail)}, now));
        if (!report.points.empty()) perform(core_.on_sample(report.points, now));
    }
}

void AgentLoop::apply_intervals(const Clock& now) {
    for (std::size_t i = 0; i < kMetricGroups; ++i) {
        const auto group = static_cast<MetricGroup>(i);
        sampler_.set_interval(group, tuning_.of(group));
    }
    core_.set_sample_interval(tuning_.sample_ms(), now);
}

void AgentLoop::perform(const DiskAction auto& action) {
    perform(spool_port_.perform(action, core_, clock_now()));
}

void AgentLoop::perform(Actions actions) {
    const bool outermost = waiting_.empty();
    std::move(actions.begin(), actions.end(), std::back_inserter(waiting_));
    if (!outermost) return;
    while (!waiting_.empty()) {
        std::visit([this](const auto& action) { perform(action); }, waiting_.front());
        waiting_.pop_front();
    }
}

void AgentLoop::perform(const Send& send) {
    if (connection_) connection_->send(send.frame);
}

void AgentLoop::perform(const OpenSocket&) {
    connection_.emplace(context_, poller_, setup_.key, setup_.endpoint, kSocketTag, kMonitorTag);
}

void AgentLoop::perform(const CloseSocket&) { connection_.reset(); }

void AgentLoop::perform(const TakeSample&) {
    const Clock now = clock_now();
    Sample sample = sampler_.take(now.boot_ms);
    for (DeviceEdge& edge : sample.edges)
        perform(core_.on_device_event({std::move(edge.name), std::move(edge.detail)}, now));
    perform(core_.on_sample(sample.points, now));
}

CommandOutput AgentLoop::run_at_once(const RunCommand& command, const Clock& now) {
    if (command.name != IntervalTuning::kName)
        return run_builtin(command.name, command.arguments, sampler_, now.boot_ms);
    const auto wall_us = now.synced ? std::optional(now.wall_us) : std::nullopt;
    CommandOutput output = tuning_.run(command.arguments, now.boot_ms, wall_us);
    apply_intervals(now);
    return output;
}

void AgentLoop::perform(const RunCommand& command) {
    const std::int64_t began_ms = boottime_ms();
    if (!is_builtin(command.name) && command.name != IntervalTuning::kName) {
        executor_.start(command, began_ms);
        return report_finished();
    }
    CommandOutput output = run_at_once(command, clock_now());
    const Clock now = clock_now();
    CommandFinished finished;
    finished.command = command.command;
    finished.exit_code = output.exit_code;
    finished.duration_ms = now.boot_ms - began_ms;
    finished.out = std::move(output.out);
    finished.err = std::move(output.err);
    perform(core_.on_command_finished(std::move(finished), now));
}

void AgentLoop::perform(const CancelCommand& command) {
    executor_.cancel(command.command, boottime_ms());
    report_finished();
}

void AgentLoop::perform(const SaveKey& key) {
    KeyFile next = setup_.key;
    next.peer.generation = key.generation;
    next.key = key.key;
    std::string text = format_key_file(next);
    const Status saved = write_atomically(setup_.key_path, view(text), 0600);
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    if (saved) setup_.key = next;
    perform(core_.on_key_saved(key, saved, clock_now()));
}

void AgentLoop::perform(const Log& log) { log::write(log.level, log.text); }

void AgentLoop::report() {
    if (reported_ == core_.in_session()) return;
    reported_ = core_.in_session();
    notifier_.status(log::cat(
        *reported_ ? "in session with the broker at " : "no session with the broker at ", setup_.endpoint));
}

}  // namespace pncp::agent
