// Logged-in sessions from /var/run/utmp. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace pncp {

/// Number of user sessions in the text of utmp: fixed-size records of this machine's `struct utmp` (utmp(5)).
/// A record cut off at the end is not counted.
[[nodiscard]] std::int64_t count_logged_in(std::string_view records);

}  // namespace pncp
