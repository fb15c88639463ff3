#include <memory>

#include "broker/influx_bridge/event_lines.hpp"
#include "tests/bench/micro/cases.hpp"
#include "tests/bench/micro/samples.hpp"

namespace pncp::bench {

std::vector<Case> line_cases() {
    return {{"line protocol/sample", [] {
                 swarm::Readings readings(1);
                 Event event;
                 event.topic = "metrics/pi/";
                 event.agent = "pi";
                 event.time_ns = 1'700'000'000'000'000'000;
                 event.body = sample_row(readings, 1).body;
                 auto lines = std::make_shared<influx::EventLines>(true);
                 return [lines, event, out = influx::Lines()]() mutable {
                     out.clear();
                     lines->handle(1, event, 0, out);
                     keep(out);
                 };
             }}};
}

}  // namespace pncp::bench
