#include "agent/sampler/processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

/// Enough for the name (64 bytes at most) and the columns up to the number of threads.
constexpr std::size_t kStatBytes = 512;
/// The number of threads is the 20th column; the state, the 3rd, is the first one after the name.
constexpr int kColumnsFromStateToThreads = 17;

std::int64_t& counter_of(char state, ProcessCounts& counts) {
    switch (state) {
        case 'R':
            return counts.running;
        case 'S':
            return counts.sleeping;
        case 'D':
            return counts.blocked;
        case 'I':
            return counts.idle;
        case 'T':
        case 't':
            return counts.stopped;
        case 'Z':
            return counts.zombies;
        case 'X':
        case 'x':
            return counts.dead;
        case 'W':
            return counts.paging;
        default:
            return counts.unknown;
    }
}

bool count_in(int folder, const char* name, ProcessCounts& counts) {
    std::array<char, 32> path{};
    const std::string_view pid = name;
    constexpr std::string_view kFile = "/stat";
    if (pid.size() + kFile.size() >= path.size()) return false;
    pid.copy(path.data(), pid.size());
    kFile.copy(path.data() + pid.size(), kFile.size());
    const int file = ::openat(folder, path.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, kStatBytes> text{};
    const ssize_t size = ::read(file, text.data(), text.size());
    ::close(file);
    return size > 0 && count_process({text.data(), static_cast<std::size_t>(size)}, counts);
}

}  // namespace

bool count_process(std::string_view stat, ProcessCounts& counts) {
    const auto bracket = stat.rfind(") ");
    if (bracket == std::string_view::npos) return false;
    stat.remove_prefix(bracket + 1);
    const auto state = proc::next_word(stat);
    if (state.size() != 1) return false;
    std::string_view threads;
    for (int i = 0; i < kColumnsFromStateToThreads; ++i) threads = proc::next_word(stat);
    const auto number = proc::to_integer(threads);
    ++counter_of(state.front(), counts);
    ++counts.total;
    // No machine has more threads than the kernel's PIDs (2^22); what says so lies.
    if (number && *number > 0 && *number < (1 << 22)) counts.threads += *number;
    return true;
}

ProcessTable::~ProcessTable() {
    if (folder_ >= 0) ::close(folder_);
}

ProcessTable::ProcessTable(ProcessTable&& other) noexcept
    : path_(std::move(other.path_)), folder_(std::exchange(other.folder_, -1)) {}

std::optional<ProcessCounts> ProcessTable::read() {
    if (folder_ < 0) folder_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0 || ::lseek(folder_, 0, SEEK_SET) != 0) return std::nullopt;
    ProcessCounts counts;
    bool saw_first = false;
    // getdents64 rather than readdir, which would take 32 KiB of heap for each look.
    alignas(dirent64) std::array<char, 4096> entries;
    for (;;) {
        const ssize_t size = ::getdents64(folder_, entries.data(), entries.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        for (ssize_t at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
            at += entry->d_reclen;
            if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
            if (count_in(folder_, entry->d_name, counts) && std::string_view{entry->d_name} == "1")
                saw_first = true;
        }
    }
    return saw_first ? std::optional{counts} : std::nullopt;
}

void add_processes_point(const ProcessCounts& counts, std::vector<Point>& points) {
    points.push_back({"processes",
                      {},
                      {{"total", counts.total},
                       {"running", counts.running},
                       {"sleeping", counts.sleeping},
                       {"blocked", counts.blocked},
                       {"idle", counts.idle},
                       {"stopped", counts.stopped},
                       {"zombies", counts.zombies},
                       {"dead", counts.dead},
                       {"paging", counts.paging},
                       {"unknown", counts.unknown},
                       {"total_threads", counts.threads}}});
}

}  // namespace pncp
