// One line of Influx line protocol (v1), read strictly. Pure.
#pragma once

#include <string_view>

#include "schema/point.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

/// The point of one line without its line feed. Backslashes escape as InfluxDB has it: in names , = and
/// blank, in texts " and \. An error says what is wrong, without the line itself.
[[nodiscard]] Result<Point> read_line(std::string_view line);

}  // namespace pncp::agent
