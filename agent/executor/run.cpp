#include "agent/executor/run.hpp"

#include <algorithm>
#include <csignal>
#include <limits>
#include <utility>

namespace pncp::agent {
namespace {

std::string signal_name(int number) {
    switch (number) {
        case SIGABRT:
            return "SIGABRT";
        case SIGBUS:
            return "SIGBUS";
        case SIGFPE:
            return "SIGFPE";
        case SIGHUP:
            return "SIGHUP";
        case SIGILL:
            return "SIGILL";
        case SIGINT:
            return "SIGINT";
        case SIGKILL:
            return "SIGKILL";
        case SIGPIPE:
            return "SIGPIPE";
        case SIGSEGV:
            return "SIGSEGV";
        case SIGSYS:
            return "SIGSYS";
        case SIGTERM:
            return "SIGTERM";
        case SIGXCPU:
            return "SIGXCPU, more CPU time than its time-out allows";
        case SIGXFSZ:
            return "SIGXFSZ, a file larger than a command may write";
        default:
            return "signal " + std::to_string(number);
    }
}

std::string seconds(std::int64_t ms) {
    return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

Run::Run(const Id16& command, const Bounds& bounds, std::int64_t now_ms)
    : command_(command), bounds_(bounds), began_ms_(now_ms), deadline_ms_(now_ms + bounds.timeout_ms) {}

// Each stream may fill the whole room while it runs; cut_output() divides it, so that a flood on one does not
// hide what the other says.
void Run::on_output(OutputStream stream, std::string_view bytes) {
    std::string& kept = stream == OutputStream::out ? out_ : err_;
    const std::size_t room = bounds_.output_bytes - kept.size();
    truncated_ |= bytes.size() > room;
    kept += bytes.substr(0, room);
}

void Run::on_closed(OutputStream stream) { (stream == OutputStream::out ? out_closed_ : err_closed_) = true; }

void Run::on_exit(const Exit& exit, std::int64_t now_ms) {
    exit_ = exit;
    phase_ = Phase::draining;
    deadline_ms_ = now_ms + kLingerMs;
    order_ = Order::none;
}

void Run::terminate(Cause cause, std::int64_t kill_after_ms, std::int64_t now_ms) {
    if (phase_ != Phase::running) {
        // A stop is in more of a hurry than what goes on already.
        deadline_ms_ = std::min(deadline_ms_, now_ms + kill_after_ms);
        return;
    }
    phase_ = Phase::terminating;
    cause_ = cause;
    order_ = Order::terminate;
    kill_after_ms_ = kill_after_ms;
    deadline_ms_ = now_ms + kill_after_ms;
}

void Run::cancel(std::int64_t now_ms) { terminate(Cause::cancelled, kKillAfterMs, now_ms); }

void Run::interrupt(std::int64_t now_ms) { terminate(Cause::interrupted, kStopKillAfterMs, now_ms); }

Run::Order Run::next_order(std::int64_t now_ms) {
    if (phase_ == Phase::running && now_ms >= deadline_ms_) terminate(Cause::timeout, kKillAfterMs, now_ms);
    if (phase_ == Phase::terminating && now_ms >= deadline_ms_) {
        phase_ = Phase::killing;
        killed_ = true;
        order_ = Order::kill;
        deadline_ms_ = now_ms + kGiveUpMs;
    }
    return std::exchange(order_, Order::none);
}

bool Run::ended(std::int64_t now_ms) const {
    if (phase_ == Phase::draining) return closed() || now_ms >= deadline_ms_;
    return phase_ == Phase::killing && now_ms >= deadline_ms_;
}

// As rows.cpp does: errors are sure of half of the room.
void Run::cut_output() {
    const std::size_t room = bounds_.output_bytes;
    const std::size_t err = std::min(err_.size(), std::max(room / 2, room - std::min(room, out_.size())));
    const std::size_t out = std::min(out_.size(), room - err);
    truncated_ |= err < err_.size() || out < out_.size();
    err_.resize(err);
    out_.resize(out);
}

std::string Run::reason() const {
    std::string text;
    switch (cause_) {
        case Cause::none:
            if (exit_.by_signal) text = "ended by " + signal_name(exit_.number);
            break;
        case Cause::timeout:
            text = "not done after " + seconds(bounds_.timeout_ms) + "; ";
            break;
        case Cause::cancelled:
            text = "cancelled while it ran; ";
            break;
        case Cause::interrupted:
            text = "the agent was stopped while it ran; ";
            break;
    }
    if (cause_ != Cause::none) {
        if (phase_ != Phase::draining)
            text +=
                "it does not end even by SIGKILL: it waits in the kernel, perhaps for a dead disk or mount";
        else if (killed_)
            text += "it did not end by SIGTERM, so SIGKILL ended it";
        else
            text += exit_.by_signal
                        ? "ended by " + signal_name(exit_.number)
                        : "it ended by itself on SIGTERM, with exit code " + std::to_string(exit_.number);
    }
    if (phase_ == Phase::draining && !closed())
        text += std::string(text.empty() ? "" : "; ") +
                "processes it left behind held its output open; those of its group were killed";
    return text;
}

CommandFinished Run::finish(std::int64_t now_ms) {
    cut_output();
    CommandFinished finished;
    finished.command = command_;
    switch (cause_) {
        case Cause::none:
            finished.outcome = exit_.by_signal ? Outcome::killed : Outcome::finished;
            break;
        case Cause::timeout:
            finished.outcome = Outcome::timeout;
            break;
        case Cause::cancelled:
            finished.outcome = Outcome::cancelled;
            break;
        case Cause::interrupted:
            finished.outcome = Outcome::interrupted;
            break;
    }
    (exit_.by_signal ? finished.signal : finished.exit_code) = exit_.number;
    finished.duration_ms = now_ms - began_ms_;
    finished.reason = reason();
    finished.truncated = truncated_;
    finished.out = std::move(out_);
    finished.err = std::move(err_);
    return finished;
}

}  // namespace pncp::agent
