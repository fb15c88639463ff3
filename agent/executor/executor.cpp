#include "agent/executor/executor.hpp"

#include <sys/epoll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "agent/executor/arguments.hpp"

namespace pncp::agent {
namespace {

/// A pipe holds 64 KiB; more than that of one stream is for the next turn, after the broker was heard.
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kReadsAtATime = 4;
constexpr int kEventsAtATime = 16;
/// What glibc 2.36 calls P_PIDFD.
constexpr auto kPidfdType = static_cast<idtype_t>(3);

std::uint64_t key_of(std::uint64_t serial, unsigned source) { return serial << 2U | source; }

/// The end of a process, if it has ended; it stays a zombie, so that its number stays its own.
std::optional<Run::Exit> look_at_exit(int pidfd) {
    siginfo_t info{};
    const int done = waitid(kPidfdType, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT);
    // Nobody else waits for it; if it is gone all the same, it must not be waited for for ever.
    if (done != 0) return Run::Exit{true, SIGKILL};
    if (info.si_pid == 0) return std::nullopt;
    return Run::Exit{info.si_code != CLD_EXITED, info.si_status};
}

void reap(int pidfd) {
    siginfo_t info{};
    waitid(kPidfdType, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

}  // namespace

Executor::Executor(std::vector<CommandSpec> catalogue)
    : catalogue_(std::move(catalogue)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_.valid())
        throw std::runtime_error(std::string("no descriptor to wait for commands: ") + std::strerror(errno));
    // Who starts the agent may have had it ignored, and then the kernel keeps no exit codes.
    std::signal(SIGCHLD, SIG_DFL);
}

Executor::~Executor() {
    for (const Child& child : children_) {
        kill(-child.process.pid, SIGKILL);
        reap(child.process.pidfd.get());
    }
}

const CommandSpec* Executor::find(std::string_view name) const {
    const auto at =
        std::lower_bound(catalogue_.begin(), catalogue_.end(), name,
                         [](const CommandSpec& each, std::string_view text) { return each.name < text; });
    return at == catalogue_.end() || at->name != name ? nullptr : &*at;
}

void Executor::refuse(const Id16& command, std::string reason) {
    CommandFinished refused;
    refused.command = command;
    refused.outcome = Outcome::refused;
    refused.reason = std::move(reason);
    finished_.push_back(std::move(refused));
}

void Executor::watch(int fd, std::uint64_t serial, Source source) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key_of(serial, static_cast<unsigned>(source));
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Executor::unwatch(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Executor::start(const RunCommand& command, std::int64_t now_ms) {
    const CommandSpec* spec = find(command.name);
    if (spec == nullptr) return refuse(command.command, "not a command of this device");
    auto argv = make_argv(*spec, command.arguments);
    if (!argv) return refuse(command.command, argv.error().text());
    const std::int64_t timeout_ms = std::min(spec->timeout_ms, command.timeout_ms);
    auto process = spawn(
        {std::move(*argv), spec->identity ? &*spec->identity : nullptr, timeout_ms, spec->memory_bytes});
    if (!process) return refuse(command.command, process.error().text());
    const std::uint64_t serial = next_serial_++;
    watch(process->out.get(), serial, Source::out);
    watch(process->err.get(), serial, Source::err);
    watch(process->pidfd.get(), serial, Source::exit);
    children_.push_back({serial, Run(command.command, {timeout_ms, spec->output_bytes}, now_ms),
                         std::move(*process), spec, secret_values(*spec, command.arguments)});
}

void Executor::cancel(const Id16& command, std::int64_t now_ms) {
    for (Child& child : children_)
        if (child.run.command() == command) child.run.cancel(now_ms);
    turn(now_ms);
}

void Executor::stop(std::int64_t now_ms) {
    for (Child& child : children_) child.run.interrupt(now_ms);
    turn(now_ms);
}

std::optional<std::int64_t> Executor::wake_at_ms() const {
    std::optional<std::int64_t> at;
    for (const Child& child : children_)
        at = std::min(at.value_or(child.run.wake_at_ms()), child.run.wake_at_ms());
    return at;
}

void Executor::turn(std::int64_t now_ms) {
    std::array<epoll_event, kEventsAtATime> events{};
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsAtATime, 0);
    for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)].data.u64, now_ms);
    for (auto child = children_.begin(); child != children_.end();) {
        switch (child->run.next_order(now_ms)) {
            case Run::Order::none:
                break;
            case Run::Order::terminate:
                kill(-child->process.pid, SIGTERM);
                break;
            case Run::Order::kill:
                kill(-child->process.pid, SIGKILL);
                break;
        }
        if (!child->run.ended(now_ms)) {
            ++child;
            continue;
        }
        end(*child, now_ms);
        child = children_.erase(child);
    }
}

void Executor::on_event(std::uint64_t key, std::int64_t now_ms) {
    const std::uint64_t serial = key >> 2U;
    const auto child = std::find_if(children_.begin(), children_.end(),
                                    [&](const Child& each) { return each.serial == serial; });
    if (child == children_.end()) return reap_given_up(serial);
    switch (static_cast<Source>(key & 3U)) {
        case Source::out:
            return read_output(*child, OutputStream::out);
        case Source::err:
            return read_output(*child, OutputStream::err);
        case Source::exit:
            return on_exit(*child, now_ms);
    }
}

void Executor::read_output(Child& child, OutputStream stream) {
    Fd& pipe = stream == OutputStream::out ? child.process.out : child.process.err;
    std::array<char, kReadBytes> buffer;
    for (int i = 0; i < kReadsAtATime && pipe.valid(); ++i) {
        const ssize_t size = read(pipe.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return;
        if (size > 0) {
            child.run.on_output(stream, {buffer.data(), static_cast<std::size_t>(size)});
            continue;
        }
        unwatch(pipe.get());
        pipe.reset();
        child.run.on_closed(stream);
    }
}

void Executor::on_exit(Child& child, std::int64_t now_ms) {
    const auto exit = look_at_exit(child.process.pidfd.get());
    if (!exit) return;
    // A pidfd stays readable for ever.
    unwatch(child.process.pidfd.get());
    if (auto failure = spawn_failure(child.process, child.command->path)) {
        child.never_started = true;
        child.failure = std::move(*failure);
    }
    child.run.on_exit(*exit, now_ms);
}

void Executor::end(Child& child, std::int64_t now_ms) {
    // What the leader left behind goes too. It is a zombie still, so the number of its group is not reused.
    kill(-child.process.pid, SIGKILL);
    for (Fd* pipe : {&child.process.out, &child.process.err})
        if (pipe->valid()) unwatch(pipe->get());
    CommandFinished finished = child.run.finish(now_ms);
    redact(finished.out, child.secrets);
    redact(finished.err, child.secrets);
    if (child.never_started) {
        finished.outcome = Outcome::refused;
        finished.exit_code = 0;
        finished.reason = std::move(child.failure);
    }
    if (child.run.leader_exited())
        reap(child.process.pidfd.get());
    else
        given_up_.emplace_back(child.serial, std::move(child.process.pidfd));
    finished_.push_back(std::move(finished));
}

void Executor::reap_given_up(std::uint64_t serial) {
    std::erase_if(given_up_, [&](const auto& each) {
        if (each.first != serial) return false;
        unwatch(each.second.get());
        reap(each.second.get());
        return true;
    });
}

void Executor::add_leaders(std::vector<pid_t>& leaders) const {
    for (const Child& child : children_) leaders.push_back(child.process.pid);
}

std::vector<CommandFinished> Executor::take_finished() { return std::exchange(finished_, {}); }

}  // namespace pncp::agent
