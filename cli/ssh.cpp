#include "cli/ssh.hpp"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

extern char** environ;

namespace pncp::cli {
namespace {

/// posix_spawn's attributes, for as long as they are needed.
class Spawn {
  public:
    explicit Spawn(int standard_input) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, standard_input, STDIN_FILENO);
        posix_spawnattr_init(&attributes_);
        // This program takes signals from a descriptor and so has them blocked; a child would inherit that.
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    ~Spawn() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    /// errno, or 0.
    [[nodiscard]] int run(pid_t& child, const char* program, char* const* arguments) {
        return posix_spawnp(&child, program, &actions_, &attributes_, arguments, environ);
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// A far end that hangs up early says why by its exit code.
void send_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t sent = send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

Result<int> run_over_ssh(const std::string& target, const std::string& command, const std::string& input) {
    // A pair of sockets and not a pipe: writing to one that is closed can be done without SIGPIPE.
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return Error{"no sockets to be had: " + std::system_category().message(errno), {}};
    std::array<std::string, 5> words{"ssh", "-T", "--", target, command};
    std::array<char*, 6> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    pid_t child = 0;
    const int failed = Spawn(ends[1]).run(child, "ssh", arguments.data());
    close(ends[1]);
    if (failed != 0) {
        close(ends[0]);
        return Error{"cannot start ssh: " + std::system_category().message(failed), "install openssh-client"};
    }
    send_all(ends[0], input);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return Error{"lost sight of ssh: " + std::system_category().message(errno), {}};
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace pncp::cli
