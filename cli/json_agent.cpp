#include "cli/json_agent.hpp"

#include <cstdlib>
#include <utility>

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
    Json object = Json::object();
    // Straight into its vector: an initializer list would copy every value twice, for each of ten thousand.
    auto& fields = object.get_ref<Json::object_t&>();
    fields.reserve(14);
    const auto add = [&](const char* name, auto&& value) {
        fields.push_back({name, std::forward<decltype(value)>(value)});
    };
    add("name", row.id);
    add("state", row.state);
    add("last_seen", json_time(row.last_seen_us));
    add("last_seen_us", seen ? Json(row.last_seen_us) : Json(nullptr));
    add("reason", row.reason);
    add("version", row.version);
    add("clock_offset_us", row.clock_offset_us);
    add("clock_synced", row.clock_synced);
    add("catalogue", row.catalogue);
    add("model", row.model);
    add("address", row.address);
    add("tags", row.tags);
    add("temperature", temperature_of(row));
    add("throttled", throttled_of(row));
    return object;
}

std::string json_agents(const std::vector<AgentRow>& rows, JsonForm form) {
    JsonList list("agents", form);
    for (const AgentRow& row : rows) list.add(json_agent(row));
    return list.take();
}

}  // namespace pncp::cli
