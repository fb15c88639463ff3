// Events to lines: what of the feed is stored in InfluxDB, and in which shape. Pure; one thread.
//
//   event                      measurement       tags                      fields
//   metrics                    the point's       agent, host, its own      its own; time is the event's
//   metrics, point `metrics`   metrics           agent                     output (the whole JSON)
//   status                     agent_status      agent                     status = connected / disconnected
//   result                     the command       agent                     output (stdout, then stderr)
//   gap                        pncp              agent, kind=gap           first, last, count, reason
//   hole in the feed itself    pncp              consumer, kind=gap        first, last, count, reason
//
// The first four also bear the tags of the agent's configuration (agent_tags.hpp), unless the point has a tag
// or a field of that name. Everything else is skipped. Point times are the events', which never change:
// writing an event again changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/influx_bridge/agent_tags.hpp"
#include "broker/influx_bridge/line_protocol.hpp"
#include "broker/influx_bridge/output_assembler.hpp"
#include "schema/event.hpp"
#include "schema/metrics_walker.hpp"

namespace pncp::influx {

/// What could not be stored, for the dead-letter file. `line` may be empty when there is no line to show.
struct DeadLetter {
    std::string reason;
    std::string line;
};

class EventLines {
  public:
    explicit EventLines(bool string_fields, OutputAssembler::Bounds bounds = {}, bool agent_tags = true)
        : string_fields_(string_fields), agent_tags_(agent_tags), outputs_(bounds) {}

    /// Appends the event's lines, at most one for each point.
    void handle(std::uint64_t seq, const Event& event, std::int64_t now_ms, Lines& lines);
    /// An event that is stored already: only its part in an output that is not.
    void replay(std::uint64_t seq, const Event& event, std::int64_t now_ms);
    /// Events that can't be had any more, said at `time_ns`.
    void handle_gap(std::uint64_t first, std::uint64_t last, std::string_view reason, std::int64_t time_ns,
                    Lines& lines);

    [[nodiscard]] OutputAssembler& outputs() { return outputs_; }
    [[nodiscard]] const OutputAssembler& outputs() const { return outputs_; }
    [[nodiscard]] AgentTags& tags() { return tags_; }

    /// What was refused here since the last call.
    [[nodiscard]] std::vector<DeadLetter> take_dead();

  private:
    void metrics(const Event& event, Lines& lines);
    void point(const Event& event, const PointView& point, Lines& lines);
    void status(const Event& event, Lines& lines);
    void output(std::uint64_t seq, const Event& event, std::int64_t now_ms);
    void result(const Event& event, Lines& lines);
    void gap(const Event& event, Lines& lines);
    void undecodable(const Event& event);
    void write_gap(LineBuilder& line, std::uint64_t first, std::uint64_t last, std::string_view reason);

    [[nodiscard]] const AgentTags::Tags& tags_of(const std::string& agent) const;
    /// What the agent's own configuration adds to a line with one field.
    void add_agent_tags(LineBuilder& line, const std::string& agent, std::string_view field) const;

    bool string_fields_;
    bool agent_tags_;  ///< false: they are followed, so that they are right once wanted, but not added
    AgentTags tags_;
    MetricsWalker walker_;
    std::string agent_tag_;  ///< of the metrics at hand, as it is written in each of their lines
    std::string host_tag_;   ///< of the same, for points that name no host
    std::string time_;       ///< of the same, the digits
    OutputAssembler outputs_;
    std::vector<DeadLetter> dead_;
};

}  // namespace pncp::influx
