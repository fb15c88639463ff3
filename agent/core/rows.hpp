// From samples and ended commands to the bodies of spool rows: what is too large for one row is split over
// several, what is too large for all of them is cut and said to be. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/core/actions.hpp"
#include "schema/event_bodies.hpp"

namespace pncp::agent {

struct SampleRows {
    std::vector<Bytes> bodies;       ///< each an encoded MetricsBody of at most limits::kRowBodyBytes
    std::vector<std::string> unfit;  ///< measurements of points that alone are larger than a row, left out
};
/// Splits a sample into as few rows as halving allows; none for a sample without points.
[[nodiscard]] SampleRows sample_rows(const std::vector<Point>& points);

struct CommandRows {
    std::vector<Bytes>
        outputs;        ///< encoded OutputBody, in order, each of at most limits::kOutputRowBytes of output
    ResultBody result;  ///< with the last bytes of both streams, together at most limits::kOutputRowBytes
};
/// A small output travels in the result alone. Past limits::kCommandOutputBytes over both streams the ends
/// are cut: errors keep at least half of the room.
[[nodiscard]] CommandRows command_rows(CommandFinished finished, const std::string& name);

}  // namespace pncp::agent
