// The fixed parts of a log line that its writer and its reader share. Inner part of log_record.
#pragma once

#include <string_view>

namespace pncp::log_writer {

inline constexpr std::string_view kHashOpens = ",\"hash\":\"";
inline constexpr std::string_view kLineCloses = "\"}";
/// The type of a line that declares events which the log can't have; all others are kinds of events.
inline constexpr std::string_view kGapType = "FEED_GAP";

}  // namespace pncp::log_writer
