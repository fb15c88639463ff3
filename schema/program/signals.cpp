#include "schema/program/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <utility>

namespace pncp {

Result<Signals> Signals::open() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, each);
    if (pthread_sigmask(SIG_BLOCK, &wanted, nullptr) != 0) return Error{"signals can't be blocked", {}};
    std::signal(SIGPIPE, SIG_IGN);
    const int fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) return Error{std::string("no descriptor for signals: ") + std::strerror(errno), {}};
    return Signals(fd);
}

Signals::Signals(Signals&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Signals::~Signals() {
    if (fd_ >= 0) close(fd_);
}

std::optional<int> Signals::next() {
    signalfd_siginfo info{};
    if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

void reset_signals_in_child() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaction(each, &standard, nullptr);
}

}  // namespace pncp
