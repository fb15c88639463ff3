// A point: what one reading looks like from the sampler to InfluxDB. Names follow Telegraf's.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pncp {

/// The four types a field can have in InfluxDB 1.x. A field keeps its type for ever, so 0 % is written 0.0.
using FieldValue = std::variant<std::int64_t, double, bool, std::string>;

/// One measurement at one instant. Tags `agent` and `host` are not stored here: who sent the sample is known
/// from its session, and the bridge adds both.
struct Point {
    std::string measurement;
    std::vector<std::pair<std::string, std::string>> tags;
    std::vector<std::pair<std::string, FieldValue>> fields;
    bool operator==(const Point&) const = default;
};

}  // namespace pncp
