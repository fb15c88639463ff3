// Processor time from /proc/stat: parsing, the shares between two readings, and the points `cpu` made of
// them. Pure, except CpuReader, which keeps its file open and remembers two readings; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/kernel.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Cores kept of one machine; further ones count only in the total.
inline constexpr std::size_t kMaxCores = 256;

/// The columns of /proc/stat in its order (proc(5)). The kernel counts guest time in user, and guest_nice in
/// nice, too.
enum class CpuColumn : std::uint8_t {
    user,
    nice,
    system,
    idle,
    iowait,
    irq,
    softirq,
    steal,
    guest,
    guest_nice
};
inline constexpr std::size_t kCpuColumns = 10;

/// Time spent since boot, in ticks of 10 ms (USER_HZ), by column.
struct CpuTimes {
    std::array<std::uint64_t, kCpuColumns> ticks{};
    [[nodiscard]] std::uint64_t at(CpuColumn column) const { return ticks[static_cast<std::size_t>(column)]; }
};

struct CpuCore {
    std::uint32_t number = 0;
    CpuTimes times;
};

/// One reading: the total of all cores, and the cores that are online, as /proc/stat lists them.
struct CpuStat {
    std::optional<CpuTimes> total;
    std::vector<CpuCore> cores;

    [[nodiscard]] const CpuTimes* core(std::uint32_t number) const;
    [[nodiscard]] bool empty() const { return !total && cores.empty(); }
};

/// Shares of the time between two readings, in percent, defined as Telegraf does: user and nice without
/// guests, `active` is all but idle (it includes iowait). `busy` is all but idle and iowait, as psutil counts
/// it.
struct CpuUsage {
    std::array<double, kCpuColumns> share{};
    double active = 0;
    double busy = 0;
};

/// Reads the `cpu` lines of /proc/stat into `into`, whose memory is reused. Lines that are malformed or have
/// fewer than ten columns are left out. False if no line was usable.
bool parse_cpu_stat(std::string_view text, CpuStat& into);

/// What happened between two readings; nullopt if no time passed or a counter ran backwards, which means that
/// the core was off in between or that the kernel misled us. Idle and iowait alone may fall by up to 3 s, as
/// the kernel documents: that counts as no progress. With `before` all zero it is the average since boot.
[[nodiscard]] std::optional<CpuUsage> cpu_usage(const CpuTimes& before, const CpuTimes& after);

/// Points `cpu` for every core that is in both readings, then for `cpu-total`.
void add_cpu_points(const CpuStat& before, const CpuStat& after, std::vector<Point>& points);

/// Busy percent of every core of `after`, in its order: since `before` where the core has a usable
/// difference, else since boot, so that the list always has one number a core.
[[nodiscard]] std::vector<double> busy_percents(const CpuStat& before, const CpuStat& after);

class CpuReader {
  public:
    explicit CpuReader(const std::string& root) : file_(root + "/proc/stat") {}

    /// Reads the current counters; false, and none kept, if they cannot be read.
    bool read(ReadBuffer& buffer);
    [[nodiscard]] const CpuStat& current() const { return current_; }

    /// What else the file said in the last read().
    [[nodiscard]] const KernelCounters& kernel() const { return kernel_; }

    /// The reading to compare with: that of the last keep(); empty before the first.
    [[nodiscard]] const CpuStat& last() const { return last_; }

    /// The reading to compare a look in between with: the last one, or the one before if the last is younger
    /// than 1 s.
    [[nodiscard]] const CpuStat& baseline(std::int64_t now_ms) const;

    /// Makes the current reading the one that the next is compared with. A failed reading forgets the last as
    /// well: a difference never spans a gap.
    void keep(std::int64_t now_ms);

  private:
    KeptFile file_;
    KernelCounters kernel_;
    CpuStat current_;
    CpuStat last_;
    CpuStat earlier_;
    std::int64_t last_ms_ = 0;
};

}  // namespace pncp
