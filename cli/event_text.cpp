#include "cli/event_text.hpp"

#include "broker/log_writer/content.hpp"
#include "broker/log_writer/log_record.hpp"
#include "cli/json_out.hpp"
#include "cli/log_line_text.hpp"
#include "schema/frame.hpp"

namespace pncp::cli {

std::string event_json(const FeedEvent& event) {
    const Event& e = event.event;
    return dumped(Json{{"seq", event.seq},
                       {"time", log_writer::rfc3339_ns(e.time_ns)},
                       {"direction", direction_name(e.direction)},
                       {"agent", e.agent},
                       {"type", event_kind_name(e.kind)},
                       {"topic", e.topic},
                       {"class_seq", e.class_seq},
                       {"content", log_writer::content_of(e)}},
                  JsonForm::lines);
}

std::string gap_json(const FeedGap& gap, std::int64_t wall_us) {
    return dumped(Json{{"time", log_writer::rfc3339_ns(wall_us * 1000)},
                       {"agent", ""},
                       {"type", "FEED_GAP"},
                       {"content", {{"first", gap.first}, {"last", gap.last}, {"reason", gap.reason}}}},
                  JsonForm::lines);
}

std::string event_text(const FeedEvent& event, const Style& style) {
    return log_line_text(event_json(event), style);
}

}  // namespace pncp::cli
