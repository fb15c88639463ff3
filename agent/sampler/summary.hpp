// One sample in brief, and the metrics JSON made of it: what the command `metrics` prints and what the
// measurement `metrics` stores in `output`. Its keys are those of the Python original. A plain value; pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/sampler/disk.hpp"
#include "agent/sampler/memory.hpp"
#include "agent/sampler/net.hpp"
#include "agent/sampler/system.hpp"

namespace pncp {

/// What is not known is absent here and has no key in the JSON.
struct MetricsSummary {
    std::vector<double> cpu_percent;  ///< busy percent of each core; since boot in the very first sample
    MemInfo memory;
    SystemReading system;
    std::optional<DiskSpace> root_disk;  ///< of `/`, unless that is a network or FUSE mount
    std::vector<NetReading> net;
};

/// The JSON, on one line, keys in a fixed order. Bytes are integers, percents have one decimal, loads two;
/// see METRICS.md.
[[nodiscard]] std::string metrics_json(const MetricsSummary& summary);

}  // namespace pncp
