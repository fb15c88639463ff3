// Folded names: "pi-[1-3,07]" is pi-1, pi-2, pi-3 and pi-07. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/result.hpp"

namespace pncp::broker {

/// Every name that `text` stands for, in order; at most `limit`. Text without brackets is itself. Ranges may
/// stand in several places, and count up; a range whose first number has leading zeros keeps its width.
[[nodiscard]] Result<std::vector<std::string>> expand_names(std::string_view text, std::size_t limit);

}  // namespace pncp::broker
