// Processes by state, counted in /proc, and the point `processes` made of it. Parsing is pure; ProcessTable
// keeps the folder open. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Processes, not threads, by the letter that the kernel gives their state (proc(5)).
struct ProcessCounts {
    std::int64_t total = 0;
    std::int64_t running = 0;   ///< R
    std::int64_t sleeping = 0;  ///< S
    std::int64_t blocked = 0;   ///< D: waits for a disk, cannot be killed
    std::int64_t idle = 0;      ///< I: threads of the kernel with nothing to do
    std::int64_t stopped = 0;   ///< T, t
    std::int64_t zombies = 0;   ///< Z
    std::int64_t dead = 0;      ///< X
    std::int64_t paging = 0;    ///< W, in kernels before 2.6 only
    std::int64_t unknown = 0;
    std::int64_t threads = 0;  ///< of all of them
    bool operator==(const ProcessCounts&) const = default;
};

/// Adds one process, by the text of its /proc/PID/stat (its first bytes do); false and nothing added if it is
/// none. Its name may hold anything, blanks, brackets and newlines too.
bool count_process(std::string_view stat, ProcessCounts& counts);

class ProcessTable {
  public:
    explicit ProcessTable(const std::string& root) : path_(root + "/proc") {}
    ~ProcessTable();
    ProcessTable(ProcessTable&& other) noexcept;
    ProcessTable& operator=(ProcessTable&&) = delete;

    /// Counts every process; one that ends meanwhile is left out. nullopt if process 1 is not among them:
    /// then /proc is not there, or hides the processes of others (hidepid, ProtectProc=), and the count would
    /// lie.
    [[nodiscard]] std::optional<ProcessCounts> read();

  private:
    std::string path_;
    int folder_ = -1;
};

void add_processes_point(const ProcessCounts& counts, std::vector<Point>& points);

}  // namespace pncp
