// An event's body as JSON, by its kind. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "schema/event.hpp"

namespace pncp::log_writer {

/// The decoded body. One that can't be decoded (a newer broker's) is {"undecodable": HEX}, so that nothing is
/// lost.
[[nodiscard]] nlohmann::ordered_json content_of(const Event& event);

}  // namespace pncp::log_writer
