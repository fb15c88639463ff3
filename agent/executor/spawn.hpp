// fork and execve, with everything a command is not to inherit taken away: no shell, no environment of the
// agent's, no descriptor beyond its three, its own process group, no new privileges, limits. The loop's
// thread; nothing here waits.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/executor/catalogue.hpp"

namespace pncp::agent {

/// A descriptor that is closed with its owner.
class Fd {
  public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }
    void reset() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

  private:
    int fd_;
};

/// Files a command writes end here; none of ours writes one.
inline constexpr std::uint64_t kFileBytes = 64ULL * 1024 * 1024;
/// Processes a command may add to those that the machine runs already: RLIMIT_NPROC counts all of a user's.
/// The kernel does not hold root to it.
inline constexpr std::uint64_t kMoreProcesses = 64;
/// Open files of a command.
inline constexpr std::uint64_t kOpenFiles = 1'024;

struct SpawnRequest {
    std::vector<std::string> argv;       ///< argv[0] is the absolute path
    const Identity* identity = nullptr;  ///< nullptr = as the agent itself
    std::int64_t cpu_ms = 0;             ///< of each process
    std::int64_t memory_bytes = 0;       ///< address space of each process
};

/// A started process, which leads its own group. All descriptors are close-on-exec and don't block.
struct Spawned {
    pid_t pid = -1;
    Fd pidfd;
    Fd out;
    Fd err;
    Fd failure;  ///< for spawn_failure(), once it has exited
};

/// Starts it. An error when this process lacks descriptors, memory or the right to fork.
[[nodiscard]] Result<Spawned> spawn(const SpawnRequest& request);

/// Why the exited process never became the program ("can't start /usr/bin/x: no such file"); nullopt when it
/// did.
[[nodiscard]] std::optional<std::string> spawn_failure(const Spawned& process, const std::string& path);

}  // namespace pncp::agent
