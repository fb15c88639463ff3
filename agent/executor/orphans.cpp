#include "agent/executor/orphans.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/spawn.hpp"

namespace pncp::agent {
namespace {

/// More than RLIMIT_NPROC lets a command have; what is beyond comes with the next look.
constexpr std::size_t kChildrenBytes = 16 * 1024;

/// What can be read of a file of /proc, at most `max` bytes; nothing when it is not there.
std::optional<std::string> read_proc(const std::string& path, std::size_t max) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return std::nullopt;
    std::string text(max, '\0');
    std::size_t size = 0;
    while (size < max) {
        const ssize_t got = read(file.get(), text.data() + size, max - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

std::optional<std::string> children_text() {
    return read_proc("/proc/self/task/" + std::to_string(getpid()) + "/children", kChildrenBytes);
}

/// "11 12 13 ", the last of which counts only when a blank follows.
std::vector<pid_t> parse_children(std::string_view text) {
    std::vector<pid_t> found;
    for (auto end = text.find(' '); end != std::string_view::npos; end = text.find(' ')) {
        pid_t pid = 0;
        if (std::from_chars(text.data(), text.data() + end, pid).ec == std::errc{}) found.push_back(pid);
        text.remove_prefix(end + 1);
    }
    return found;
}

struct ProcessState {
    char letter = '?';
    std::uint64_t started = 0;  ///< in ticks since boot
};

/// Fields 3 and 22 of /proc/PID/stat; the name before them may hold anything, so they are counted from its
/// closing bracket.
std::optional<ProcessState> state_of(pid_t pid) {
    const auto text = read_proc("/proc/" + std::to_string(pid) + "/stat", 1'024);
    if (!text) return std::nullopt;
    const auto bracket = text->rfind(") ");
    if (bracket == std::string::npos || bracket + 2 >= text->size()) return std::nullopt;
    ProcessState state;
    std::string_view rest = std::string_view(*text).substr(bracket + 2);
    state.letter = rest.front();
    for (int field = 3; field < 22; ++field) {
        const auto blank = rest.find(' ');
        if (blank == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(blank + 1);
    }
    if (std::from_chars(rest.data(), rest.data() + rest.size(), state.started).ec != std::errc{})
        return std::nullopt;
    return state;
}

}  // namespace

Orphans::Orphans() { adopts_ = children_text() && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0; }

void Orphans::on_run_ended(std::int64_t now_ms) {
    if (!adopts_) return;
    due_ms_ = now_ms;
    again_ms_ = kAgainMs;
}

void Orphans::turn(std::span<const pid_t> leaders, std::int64_t now_ms) {
    if (!due_ms_ || now_ms < *due_ms_) return;
    due_ms_.reset();
    auto oldest = std::numeric_limits<std::uint64_t>::max();
    for (const pid_t leader : leaders)
        if (const auto state = state_of(leader)) oldest = std::min(oldest, state->started);
    bool killed = false;
    for (const pid_t pid : parse_children(children_text().value_or(""))) {
        if (std::find(leaders.begin(), leaders.end(), pid) != leaders.end()) continue;
        const auto state = state_of(pid);
        if (!state || state->letter == 'Z') {
            waitpid(pid, nullptr, WNOHANG);
            continue;
        }
        // It is no zombie and nobody else reaps it, so the number is still its own.
        if (state->started < oldest) killed |= kill(pid, SIGKILL) == 0;
    }
    // What was killed is reaped with the next look, and its own children are found then.
    if (!killed) return;
    due_ms_ = now_ms + again_ms_;
    again_ms_ = std::min(2 * again_ms_, kAgainMaxMs);
}

}  // namespace pncp::agent
