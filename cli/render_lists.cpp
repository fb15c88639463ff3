#include "cli/render_lists.hpp"

namespace pncp::cli {

std::string clock_offset_text(std::int64_t offset_us, bool synced) {
    // The magnitude by division first: the smallest 64-bit number has no positive counterpart.
    const std::int64_t offset_ms = offset_us / 1000;
    const std::int64_t size_ms = offset_ms < 0 ? -offset_ms : offset_ms;
    std::string text = size_ms == 0 ? "0" : offset_ms < 0 ? "-" : "+";
    text += size_ms == 0 ? " ms" : duration_text(size_ms);
    return synced ? text : text + " (unsynced)";
}

std::string render_agents(const std::vector<AgentRow>& rows, std::int64_t now_us, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    cells.reserve(rows.size());
    for (const AgentRow& row : rows) {
        const bool seen = row.last_seen_us != 0;
        std::string state = row.state;
        if (row.state != "online" && !row.reason.empty()) state += ": " + row.reason;
        cells.push_back({row.id, std::move(state), ago_text(row.last_seen_us, now_us), row.version,
                         seen ? clock_offset_text(row.clock_offset_us, row.clock_synced) : "-",
                         row.catalogue.empty() ? "-" : row.catalogue});
    }
    return table_text({"NAME", "STATE", "LAST SEEN", "VERSION", "CLOCK OFFSET", "CATALOGUE"}, cells, style);
}

std::string render_commands(const std::vector<CommandRow>& rows, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const CommandRow& row : rows) {
        cells.push_back({row.name, row.arguments.empty() ? "-" : joined(row.arguments),
                         std::to_string(row.agents), row.help});
    }
    return table_text({"COMMAND", "ARGUMENTS", "AGENTS", "HELP"}, cells, style);
}

std::string render_status(const std::vector<StatusRow>& rows, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const StatusRow& row : rows) cells.push_back({row.name, row.value});
    return table_text({"NAME", "VALUE"}, cells, style);
}

std::string render_keys(const std::vector<KeyRow>& rows, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const KeyRow& row : rows) {
        const std::string state = row.revoked ? "revoked" : row.connected ? "connected" : "not connected";
        cells.push_back({row.id, std::string(role_name(row.role)), std::to_string(row.generation), state,
                         row.fingerprint});
    }
    return table_text({"ID", "ROLE", "GENERATION", "STATE", "FINGERPRINT"}, cells, style);
}

std::string render_key_file(const KeyFile& file, const std::string& fingerprint, const Style& style) {
    const auto or_none = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
    return table_text({"NAME", "VALUE"},
                      {{"id", file.peer.id},
                       {"role", std::string(role_name(file.peer.role))},
                       {"generation", std::to_string(file.peer.generation)},
                       {"fingerprint", fingerprint},
                       {"broker", to_hex(file.broker)},
                       {"agents", or_none(file.agents)},
                       {"control", or_none(file.control)},
                       {"feed", or_none(file.feed)}},
                      style);
}

}  // namespace pncp::cli
