// The functions behind the built-in commands, one file each, and their pure parts for tests. Internal to this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/builtin/builtin.hpp"
#include "agent/sampler/sampler.hpp"

namespace pncp::builtin {

[[nodiscard]] CommandOutput disk(Sampler& sampler, std::int64_t now_ms);
[[nodiscard]] CommandOutput hostname(Sampler& sampler, std::int64_t now_ms);
[[nodiscard]] CommandOutput lslogs(Sampler& sampler, std::int64_t now_ms);
[[nodiscard]] CommandOutput metrics(Sampler& sampler, std::int64_t now_ms);
[[nodiscard]] CommandOutput network(Sampler& sampler, std::int64_t now_ms);
[[nodiscard]] CommandOutput uptime(Sampler& sampler, std::int64_t now_ms);

/// "up 3 days, 4:05, 2 users, load average: 0.10, 0.20, 0.30" and a newline; parts that are not known are
/// left out. `reading.uptime_s` must be there.
[[nodiscard]] std::string uptime_line(const SystemReading& reading);

/// One line per file system, in aligned columns under a heading, as df -hT prints it.
[[nodiscard]] std::string disk_table(const std::vector<DiskReading>& disks);

/// One row of `network`: `state` is the kernel's operstate, `addresses` are as inet_ntop writes them.
struct NetworkRow {
    NetReading counters;
    std::string state;
    std::vector<std::string> addresses;
};
[[nodiscard]] std::string network_table(const std::vector<NetworkRow>& rows);

/// `lslogs` stops after so many entries, or so many bytes if names are long: a command's output ends at 64
/// KiB on the wire, and the list itself should say that it was cut.
inline constexpr std::size_t kMaxLogEntries = 1'000;
inline constexpr std::size_t kMaxLogBytes = 60 * 1024;

}  // namespace pncp::builtin
