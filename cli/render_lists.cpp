#include "cli/render_lists.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

/// Rows of one consumer each, in the order of their columns.
constexpr std::array<std::string_view, 6> kOfConsumers{"cursor.", "lag.",          "silent_s.",
                                                       "holds.",  "dead_letters.", "error."};

}  // namespace

std::string clock_offset_text(std::int64_t offset_us, bool synced) {
    // The magnitude by division first: the smallest 64-bit number has no positive counterpart.
    const std::int64_t offset_ms = offset_us / 1000;
    const std::int64_t size_ms = offset_ms < 0 ? -offset_ms : offset_ms;
    std::string text = size_ms == 0 ? "0" : offset_ms < 0 ? "-" : "+";
    text += size_ms == 0 ? " ms" : duration_text(size_ms);
    return synced ? text : text + " (unsynced)";
}

std::string render_commands(const std::vector<CommandRow>& rows, const Style& style) {
    const auto some = [&](const auto& has) { return std::any_of(rows.begin(), rows.end(), has); };
    const bool tagged = some([](const CommandRow& row) { return !row.tags.empty(); });
    const bool skewed = some([](const CommandRow& row) { return row.variants > 1; });
    std::vector<std::string> heads{"COMMAND", "ARGUMENTS", "AGENTS"};
    if (skewed) heads.emplace_back("VARIANTS");
    if (tagged) heads.emplace_back("TAGS");
    heads.emplace_back("HELP");
    std::vector<std::vector<std::string>> cells;
    for (const CommandRow& row : rows) {
        auto& line = cells.emplace_back(std::vector<std::string>{
            row.name, row.arguments.empty() ? "-" : joined(row.arguments), std::to_string(row.agents)});
        if (skewed) line.push_back(std::to_string(row.variants));
        if (tagged) line.push_back(row.tags.empty() ? "-" : joined(row.tags));
        line.push_back(row.help);
    }
    return table_text(heads, cells, style, {1, heads.size() - 1});
}

std::string render_status(const std::vector<StatusRow>& rows, const Style& style) {
    std::map<std::string, std::map<std::string, std::string>> consumers;
    std::vector<std::vector<std::string>> cells;
    for (const StatusRow& row : rows) {
        const auto part = std::find_if(kOfConsumers.begin(), kOfConsumers.end(),
                                       [&](std::string_view prefix) { return row.name.starts_with(prefix); });
        if (part == kOfConsumers.end())
            cells.push_back({row.name, row.value});
        else
            consumers[row.name.substr(part->size())][std::string(*part)] = row.value;
    }
    std::string text = table_text({"NAME", "VALUE"}, cells, style);
    if (consumers.empty()) return text;
    cells.clear();
    for (auto& [name, parts] : consumers) {
        std::vector<std::string> line{name};
        for (const std::string_view part : kOfConsumers) line.push_back(parts[std::string(part)]);
        line[3] += " s ago";
        if (line[5].empty()) line[5] = "-";
        if (line[6].empty()) line[6] = "-";
        cells.push_back(std::move(line));
    }
    return text + "\n" +
           table_text({"CONSUMER", "CURSOR", "LAG", "LAST HEARD", "HOLDS EVENTS", "DEAD LETTERS", "ERROR"},
                      cells, style);
}

std::string status_concerns(const std::vector<StatusRow>& rows) {
    const auto is = [&](std::string_view name, const auto& wrong) {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const StatusRow& row) { return row.name == name && wrong(row.value); });
    };
    const auto yes = [](const std::string& value) { return value == "yes"; };
    const auto no = [](const std::string& value) { return value == "no"; };
    const auto some = [](const std::string& value) { return value != "0"; };
    const auto any = [](const std::string& value) { return !value.empty(); };
    std::string text;
    if (is("journal.disk_full", yes))
        text += "the disk of the broker's journal is full: free space; agents keep their metrics meanwhile\n";
    else if (is("journal.takes_metrics", no))
        text +=
            "the journal has no room for metrics, agents keep them: raise journal.max_size, or look at the "
            "consumers' lag\n";
    if (is("journal.last_error", any)) text += "the journal's last commit failed: see journal.last_error\n";
    for (const StatusRow& row : rows)
        if (row.name.starts_with("error.") && !row.value.empty())
            text += escape_controls(row.name.substr(6) + " does not get on: " + row.value) + "\n";
    if (is("journal.deleted_unread", some))
        text +=
            "at its size limit the journal deleted events that a consumer had not read: raise "
            "journal.max_size, and see why the consumer lags\n";
    if (is("journal.not_kept", some))
        text += "events of the broker's own were not kept while the journal failed; a GAP says which\n";
    if (is("journal.lost_tail", some))
        text +=
            "a peer has read further than this journal goes: it was restored from a backup, and what came "
            "after that is lost to it\n";
    return text;
}

std::string render_keys(const std::vector<KeyRow>& rows, const Style& style) {
    std::vector<std::vector<std::string>> cells;
    for (const KeyRow& row : rows) {
        std::string state = row.revoked ? "revoked" : row.connected ? "connected" : "not connected";
        if (row.connected) state += row.address.empty() ? " here" : " from " + row.address;
        // Who still uses the former key has not come over.
        std::string generation = std::to_string(row.generation);
        if (row.previous != 0) generation += " (" + std::to_string(row.previous) + " still good)";
        if (row.connected && row.used != row.generation) state += " with " + std::to_string(row.used);
        cells.push_back({row.id, std::string(role_name(row.role)), std::move(generation), std::move(state),
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
