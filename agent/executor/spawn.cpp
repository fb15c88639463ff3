#include "agent/executor/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "schema/program/signals.hpp"

namespace pncp::agent {
namespace {

/// The whole environment of a command. Fixed, so that nothing the agent was started with leaks or steers.
constexpr std::array<const char*, 4> kEnvironment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
                                                     "HOME=/", nullptr};
/// When memory runs out, the kernel takes a command before it takes the agent.
constexpr std::string_view kOomScore = "500";

enum class Step : std::uint8_t { group, files, limits, user, privileges, program };

/// What the child writes when it can't become the program.
struct Failure {
    Step step;
    int error;
};

struct Limit {
    decltype(RLIMIT_CORE) resource;
    rlimit value;
};

/// Everything the child needs, made before fork(): between fork and exec nothing may allocate or lock.
struct Plan {
    std::vector<char*> argv;
    const Identity* identity = nullptr;
    std::array<Limit, 6> limits{};
    pid_t parent = 0;
    int in = -1;
    int out = -1;
    int err = -1;
    int failure = -1;
};

/// "0.20 0.18 0.12 1/80 11206": the number behind the slash, or a guess.
std::uint64_t processes_now() {
    constexpr std::uint64_t kGuess = 4'096;
    const Fd file(open("/proc/loadavg", O_RDONLY | O_CLOEXEC));
    std::array<char, 128> text{};
    const ssize_t size = file.valid() ? read(file.get(), text.data(), text.size()) : -1;
    if (size <= 0) return kGuess;
    const std::string_view line(text.data(), static_cast<std::size_t>(size));
    const auto slash = line.find('/');
    std::uint64_t count = 0;
    if (slash == std::string_view::npos ||
        std::from_chars(line.data() + slash + 1, line.data() + line.size(), count).ec != std::errc{})
        return kGuess;
    return count;
}

std::array<Limit, 6> limits_of(const SpawnRequest& request) {
    // All threads count, so as much as the time-out on every CPU.
    const auto cpus = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    const std::uint64_t cpu_s = (static_cast<std::uint64_t>(request.cpu_ms) + 999) / 1'000 * cpus + 1;
    const auto memory = static_cast<rlim_t>(request.memory_bytes);
    const rlim_t processes = processes_now() + kMoreProcesses;
    std::array<Limit, 6> wanted = {{{RLIMIT_CORE, {0, 0}},
                                    {RLIMIT_CPU, {cpu_s, cpu_s + 5}},  // SIGXCPU says more than SIGKILL
                                    {RLIMIT_AS, {memory, memory}},
                                    {RLIMIT_FSIZE, {kFileBytes, kFileBytes}},
                                    {RLIMIT_NOFILE, {kOpenFiles, kOpenFiles}},
                                    {RLIMIT_NPROC, {processes, processes}}}};
    for (Limit& each : wanted) {
        rlimit now{};
        if (getrlimit(each.resource, &now) != 0) continue;
        each.value.rlim_max = std::min(each.value.rlim_max, now.rlim_max);
        each.value.rlim_cur = std::min(each.value.rlim_cur, each.value.rlim_max);
    }
    return wanted;
}

// --- in the child: system calls only
// ---------------------------------------------------------------------------------------------------------

[[noreturn]] void give_up(const Plan& plan, Step step) {
    const Failure failure{step, errno};
    [[maybe_unused]] const auto written = write(plan.failure, &failure, sizeof failure);
    _exit(127);
}

void close_others() {
    // Already marked so by whoever opened them; this is the second lock on the same door.
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = 3; fd < static_cast<int>(kOpenFiles); ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void raise_oom_score() {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    [[maybe_unused]] const auto written = write(file, kOomScore.data(), kOomScore.size());
    close(file);
}

// glibc's own would first ask all threads, which the child no longer has, to change too.
bool become(const Identity& identity) {
#ifdef SYS_setresuid32
    constexpr long kGroups = SYS_setgroups32, kGroup = SYS_setresgid32, kUser = SYS_setresuid32;
#else
    constexpr long kGroups = SYS_setgroups, kGroup = SYS_setresgid, kUser = SYS_setresuid;
#endif
    return syscall(kGroups, identity.groups.size(), identity.groups.data()) == 0 &&
           syscall(kGroup, identity.gid, identity.gid, identity.gid) == 0 &&
           syscall(kUser, identity.uid, identity.uid, identity.uid) == 0;
}

[[noreturn]] void become_program(const Plan& plan) {
    if (setpgid(0, 0) != 0) give_up(plan, Step::group);
    reset_signals_in_child();
    if (dup2(plan.in, 0) < 0 || dup2(plan.out, 1) < 0 || dup2(plan.err, 2) < 0 || chdir("/") != 0)
        give_up(plan, Step::files);
    umask(022);
    close_others();
    raise_oom_score();
    for (const Limit& each : plan.limits)
        if (setrlimit(each.resource, &each.value) != 0) give_up(plan, Step::limits);
    if (plan.identity != nullptr && !become(*plan.identity)) give_up(plan, Step::user);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(plan, Step::privileges);
    // An agent that is killed takes its commands along; it may be gone already.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) give_up(plan, Step::privileges);
    if (getppid() != plan.parent) _exit(127);
    execve(plan.argv.front(), plan.argv.data(), const_cast<char* const*>(kEnvironment.data()));
    give_up(plan, Step::program);
}

// --- in the agent
// -------------------------------------------------------------------------------------------------------------

/// A descriptor of this process that is none of 0, 1 and 2: the child would overwrite those.
Fd beyond_standard(Fd fd) {
    if (!fd.valid() || fd.get() > 2) return fd;
    return Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

struct Pipe {
    Fd reader;
    Fd writer;
    [[nodiscard]] bool valid() const { return reader.valid() && writer.valid(); }
};

Pipe make_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return Pipe{Fd(), Fd()};
    Pipe made{beyond_standard(Fd(ends[0])), beyond_standard(Fd(ends[1]))};
    if (made.valid()) fcntl(made.reader.get(), F_SETFL, O_NONBLOCK);
    return made;
}

Error cannot(const std::string& what) {
    return Error{"this device can't start a command now: " + what + ": " + std::strerror(errno), {}};
}

}  // namespace

Result<Spawned> spawn(const SpawnRequest& request) {
    const Fd null = beyond_standard(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    Pipe failure = make_pipe();
    if (!null.valid() || !out.valid() || !err.valid() || !failure.valid()) return cannot("descriptors");

    Plan plan;
    for (const auto& word : request.argv) plan.argv.push_back(const_cast<char*>(word.c_str()));
    plan.argv.push_back(nullptr);
    plan.identity = request.identity;
    plan.limits = limits_of(request);
    plan.parent = getpid();
    plan.in = null.get();
    plan.out = out.writer.get();
    plan.err = err.writer.get();
    plan.failure = failure.writer.get();

    const pid_t pid = fork();
    if (pid < 0) return cannot("fork");
    if (pid == 0) become_program(plan);
    // Both sides, so that neither can signal a group that is not there yet.
    setpgid(pid, pid);
    Spawned process{pid, Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))), std::move(out.reader),
                    std::move(err.reader), std::move(failure.reader)};
    if (!process.pidfd.valid()) {
        const Error error = cannot("pidfd");
        kill(-pid, SIGKILL);
        while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
        return error;
    }
    return process;
}

std::optional<std::string> spawn_failure(const Spawned& process, const std::string& path) {
    Failure failure{};
    if (read(process.failure.get(), &failure, sizeof failure) != static_cast<ssize_t>(sizeof failure))
        return std::nullopt;
    const char* what = "can't start ";
    switch (failure.step) {
        case Step::program:
            break;
        case Step::user:
            what = "can't change to its user to start ";
            break;
        case Step::group:
        case Step::files:
        case Step::limits:
        case Step::privileges:
            what = "can't shut in ";
            break;
    }
    return what + path + ": " + std::strerror(failure.error);
}

}  // namespace pncp::agent
