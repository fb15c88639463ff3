#include "cli/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace pncp::cli {
namespace {

/// The other screen, without a cursor and without wrapping; and back.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l";
constexpr std::string_view kLeave = "\033[0m\033[?7h\033[?25h\033[?1049l";
constexpr std::array kNoticed{SIGTSTP, SIGCONT, SIGWINCH, SIGQUIT};
/// Ends that nothing can be done about but to leave the terminal as it was.
constexpr std::array kFatal{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};

/// For the handler of a crash, which finds nothing else.
termios crash_settings;
volatile std::sig_atomic_t crash_armed = 0;

void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

extern "C" void on_crash(int number) {
    if (crash_armed != 0) {
        write_all(kLeave);
        tcsetattr(STDIN_FILENO, TCSANOW, &crash_settings);
    }
    // SA_RESETHAND has put the default action back: die as without this handler.
    raise(number);
}

void arm_crashes(const termios& before) {
    crash_settings = before;
    crash_armed = 1;
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int each : kFatal) sigaction(each, &action, nullptr);
}

termios raw(const termios& before) {
    termios settings = before;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    return settings;
}

}  // namespace

Result<Terminal> Terminal::open() {
    termios before{};
    if (tcgetattr(STDIN_FILENO, &before) != 0 || isatty(STDOUT_FILENO) != 1)
        return Error{"this needs a terminal", "for programs there is: pncp-cli agents -o jsonl"};
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int each : kNoticed) sigaddset(&wanted, each);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    const int signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) return Error{std::string("no descriptor for signals: ") + std::strerror(errno), {}};
    arm_crashes(before);
    Terminal terminal(before, signals);
    terminal.resume();
    return terminal;
}

Terminal::Terminal(Terminal&& other) noexcept
    : before_(other.before_), signals_(std::exchange(other.signals_, -1)) {}

Terminal::~Terminal() {
    if (signals_ < 0) return;
    leave();
    crash_armed = 0;
    close(signals_);
}

Terminal::Size Terminal::size() const {
    winsize got{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &got) != 0 || got.ws_col == 0 || got.ws_row == 0) return {};
    return {got.ws_col, got.ws_row};
}

bool Terminal::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::optional<std::string> Terminal::read() {
    std::array<char, 1024> buffer{};
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0) return std::string(buffer.data(), static_cast<std::size_t>(got));
    // With VMIN 0 nothing typed is 0, as is a terminal that hung up.
    if (got == 0) return tcgetpgrp(STDIN_FILENO) < 0 ? std::nullopt : std::optional<std::string>("");
    return errno == EAGAIN || errno == EINTR ? std::optional<std::string>("") : std::nullopt;
}

std::optional<int> Terminal::next_signal() {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

void Terminal::suspend() {
    leave();
    // SIGSTOP can't be blocked; the shell sees a stopped job as after any Ctrl-Z.
    raise(SIGSTOP);
    resume();
}

void Terminal::resume() {
    const termios settings = raw(before_);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
    write_all(kEnter);
}

void Terminal::leave() {
    write_all(kLeave);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

}  // namespace pncp::cli
