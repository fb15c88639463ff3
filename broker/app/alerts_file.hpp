// The rules of the alerts file, and the language of their conditions. Pure but for load_alerts(). TOML:
//
//     [[alert]]
//     name   = "hot"
//     when   = "temp > 80 for 1m"
//     clear  = "temp < 70"             # by default: when it has not held for as long, at least a minute;
//                                      # offline ends at once. It may not hold together with `when`.
//     agents = "site=roof"             # an expression as for send --to; by default every agent
//     send   = ["fan", "full"]         # a command for the agent, when the alert begins; by default none
//
//   condition = "offline" ">" duration                     not connected for so long
//             | measure (">" | ">=" | "<" | "<=") number ["%"] ["for" duration]
//             | flag ["for" duration]                      a field that is true
//   measure   = "temp"                                     the hottest sensor, °C
//             | "disk_free"                                of the fullest mount, percent
//             | measurement "." field                      the worst of its points, e.g. mem.used_percent
//   flag      = "under_voltage" | "throttled" | … (a field of pi_throttled) | measurement "." field
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/core/alert_rule.hpp"
#include "schema/result.hpp"

namespace pncp::broker {

[[nodiscard]] Result<Condition> parse_condition(std::string_view text);
/// `file` is its name in errors.
[[nodiscard]] Result<std::vector<AlertRule>> parse_alerts(std::string_view text, const std::string& file);
/// A missing file has no rules.
[[nodiscard]] Result<std::vector<AlertRule>> load_alerts(const std::string& path);

}  // namespace pncp::broker
