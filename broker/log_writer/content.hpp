// An event's body as JSON, by its kind, and back. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "schema/event.hpp"

namespace pncp::log_writer {

/// The decoded body. One that can't be decoded (a newer broker's) is {"undecodable": HEX}, so that nothing is
/// lost.
[[nodiscard]] nlohmann::ordered_json content_of(const Event& event);

/// The body that content_of() was made from; nullopt when `content` is not of this kind. A body that the
/// content does not tell in full (a tag given twice, say) comes back as another one: compare.
[[nodiscard]] std::optional<Bytes> body_of(EventKind kind, const nlohmann::ordered_json& content);

}  // namespace pncp::log_writer
