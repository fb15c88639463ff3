// One flat JSON object, read strictly: the few lines that the agent needs, because a library would cost it
// more memory than all its readings. No recursion, so depth costs nothing. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/point.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

using JsonFields = std::vector<std::pair<std::string, FieldValue>>;

/// The members of one object, blanks around it allowed, in their order: numbers as doubles, texts, booleans;
/// null is left out. At most limits::kMapItems, names and texts of at most kScriptTextBytes. Refused: lists
/// and objects inside, a name twice, numbers beyond a double, control characters even when escaped.
[[nodiscard]] Result<JsonFields> read_flat_json(std::string_view text);

}  // namespace pncp::agent
