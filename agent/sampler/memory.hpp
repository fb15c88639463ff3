// Memory and swap from /proc/meminfo, as the kernel means them: what is available is what it says, not a
// guess. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "schema/point.hpp"

namespace pncp {

/// Bytes. `cached` is the page cache and reclaimable slab, as psutil and free(1) count it.
struct MemoryReading {
    std::int64_t total = 0;
    std::int64_t available = 0;
    std::int64_t free = 0;
    std::int64_t buffered = 0;
    std::int64_t cached = 0;

    [[nodiscard]] std::int64_t used() const { return total - available; }
    [[nodiscard]] double used_percent() const;
    [[nodiscard]] double available_percent() const;
};

/// Bytes. A device without swap has total 0, which is what the kernel says too.
struct SwapReading {
    std::int64_t total = 0;
    std::int64_t free = 0;

    [[nodiscard]] std::int64_t used() const { return total - free; }
    [[nodiscard]] double used_percent() const;
};

/// Either part is absent if one of its lines is missing or malformed, or if it claims more free than there
/// is.
struct MemInfo {
    std::optional<MemoryReading> memory;
    std::optional<SwapReading> swap;
};

/// Parses /proc/meminfo (kibibytes, though it says kB).
[[nodiscard]] MemInfo parse_meminfo(std::string_view text);

/// Points `mem` and `swap`, each if its part is there.
void add_memory_points(const MemInfo& info, std::vector<Point>& points);

}  // namespace pncp
