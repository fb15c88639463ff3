#include "cli/json_agent.hpp"

#include <cstdlib>

#include "cli/agent_columns.hpp"
#include "cli/agents.hpp"
#include "cli/text.hpp"

namespace pncp::cli {
namespace {

Json throttled_of(const AgentRow& row) {
    // A device that tells and isn't throttled looks like one that doesn't tell.
    Json words = Json::array();
    std::string_view rest = fact_of(row, "throttled");
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('+'), rest.size());
        words.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return words;
}

Json temperature_of(const AgentRow& row) {
    const std::string text(fact_of(row, "temp"));
    char* stop = nullptr;
    const double degrees = std::strtod(text.c_str(), &stop);
    return text.empty() || stop == nullptr || *stop != '\0' ? Json(nullptr) : Json(degrees);
}

}  // namespace

Json json_agent(const AgentRow& row) {
    const bool seen = row.last_seen_us != 0;
    return {{"name", row.id},
            {"state", row.state},
            {"last_seen", json_time(row.last_seen_us)},
            {"last_seen_us", seen ? Json(row.last_seen_us) : Json(nullptr)},
            {"reason", row.reason},
            {"version", row.version},
            {"clock_offset_us", row.clock_offset_us},
            {"clock_synced", row.clock_synced},
            {"catalogue", row.catalogue},
            {"model", row.model},
            {"address", row.address},
            {"tags", row.tags},
            {"temperature", temperature_of(row)},
            {"throttled", throttled_of(row)}};
}

std::string json_agents(const std::vector<AgentRow>& rows, JsonForm form) {
    std::vector<Json> out;
    out.reserve(rows.size());
    for (const AgentRow& row : rows) out.push_back(json_agent(row));
    return listed("agents", out, form);
}

}  // namespace pncp::cli
