// What a user's script prints, as points: Influx line protocol, or one flat JSON object. Hostile text costs
// little and becomes an error that names the line. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "schema/limits.hpp"
#include "schema/point.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

enum class ScriptFormat : std::uint8_t { influx, json };

/// Points of one run: they travel in one row, with one more that says how the run went.
inline constexpr std::size_t kScriptPoints = limits::kArrayItems - 1;
/// Bytes of one name, tag or text.
inline constexpr std::size_t kScriptTextBytes = 1'024;
/// What the points of one run may take of a row; the rest is for the one that says how the run went.
inline constexpr std::size_t kScriptRowBytes = limits::kRowBodyBytes - 512;

struct ScriptPoints {
    std::vector<Point> points;
    std::size_t left_out = 0;  ///< points past kScriptPoints or kScriptRowBytes
};

/// `influx`: InfluxDB's line protocol, "measurement,tag=value field=1i,other=2.5,text=\"x\",flag=true"; a
/// time at the end is accepted and ignored, because the agent dates what it sends; empty lines and lines that
/// begin with # are skipped. `json`: one object of numbers, texts and booleans, which becomes one point of
/// measurement `name`; null is left out, and every number is a float, as in Telegraf, because a field keeps
/// its type and JSON writes 1 and 1.5 for the same one. Refused as a whole: measurements that PNCP itself
/// writes, tags and fields `agent`, `host` and `time`, control characters, what is not UTF-8, NaN.
[[nodiscard]] Result<ScriptPoints> parse_script_output(std::string_view text, ScriptFormat format,
                                                       std::string_view name);

}  // namespace pncp::agent
