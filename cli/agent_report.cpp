#include "cli/agent_report.hpp"

#include "cli/agent_columns.hpp"
#include "cli/event_text.hpp"
#include "cli/json_agent.hpp"
#include "cli/render_lists.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

constexpr std::size_t kLabelColumn = 14;

void add_line(std::string& out, std::string label, const std::string& value) {
    if (value.empty() || value == "-") return;
    label.resize(std::max(label.size(), kLabelColumn), ' ');
    out += "  " + label + escape_controls(value) + "\n";
}

std::string sample_text(const AgentReport& report) {
    const AgentHistory& history = report.history;
    if (!history.sample()) return "  No sample of it is at hand.\n";
    const MainNumbers& numbers = *history.sample();
    const auto percent = [](const std::optional<double>& value) {
        return number_text(value, value ? " %" : "");
    };
    std::string out;
    add_line(out, "Last sample",
             utc_text(history.sample_ns() / 1000) + " (" +
                 ago_text(history.sample_ns() / 1000, report.now_us) + ")");
    add_line(out, "CPU", percent(numbers.cpu_percent));
    add_line(out, "Memory", percent(numbers.memory_percent));
    add_line(out, "Disk /", percent(numbers.disk_percent));
    add_line(out, "Load", number_text(numbers.load1));
    add_line(out, "Uptime", numbers.uptime_s ? duration_text(*numbers.uptime_s * 1000) : "");
    add_line(out, "Temperature", number_text(numbers.temperature, numbers.temperature ? " °C" : ""));
    if (numbers.throttled) add_line(out, "Throttled", numbers.throttled->empty() ? "no" : *numbers.throttled);
    return out;
}

std::string command_words(const RunningCommand& running) {
    std::string words = escape_controls(running.command.name);
    for (const std::string& argument : running.command.arguments) words += " " + escape_controls(argument);
    return words;
}

std::string heading(const Style& style, std::string_view text) {
    return "\n" + coloured(style, Colour::bold, text) + "\n";
}

std::string running_text(const AgentReport& report, const Style& style) {
    const auto running = report.history.running();
    if (running.empty()) return "";
    std::string out = heading(style, "Commands that have not ended");
    for (const RunningCommand& each : running)
        out += "  " + command_words(each) + "  " + each.state + " since " +
               ago_text(each.since_ns / 1000, report.now_us) + ", by " +
               escape_controls(each.command.operator_id) + ", job " + to_hex(each.command.job) + "\n";
    return out;
}

std::string names_of(const std::vector<CommandRow>& commands) {
    std::vector<std::string> names;
    for (const CommandRow& command : commands) names.push_back(command.name);
    return joined(names);
}

Json json_sample(const AgentHistory& history) {
    if (!history.sample()) return nullptr;
    const MainNumbers& numbers = *history.sample();
    const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
    return {{"time", json_time(history.sample_ns() / 1000)},
            {"cpu_percent", or_null(numbers.cpu_percent)},
            {"memory_percent", or_null(numbers.memory_percent)},
            {"disk_percent", or_null(numbers.disk_percent)},
            {"load1", or_null(numbers.load1)},
            {"uptime_s", or_null(numbers.uptime_s)},
            {"temperature", or_null(numbers.temperature)},
            {"throttled", or_null(numbers.throttled)}};
}

}  // namespace

std::string render_agent(const AgentReport& report, const Style& style) {
    const AgentRow& row = report.row;
    const Colour colour = row.state == "online"  ? Colour::green
                          : row.state == "stale" ? Colour::yellow
                                                 : Colour::red;
    std::string out = coloured(style, Colour::bold, escape_controls(row.id)) + ": " +
                      coloured(style, colour, escape_controls(row.state)) + "\n";
    for (const std::string& sentence : report.history.why(row, report.now_us))
        out += "  " + escape_controls(sentence) + "\n";
    out += heading(style, "Device");
    add_line(out, "Last seen",
             row.last_seen_us == 0
                 ? "never"
                 : utc_text(row.last_seen_us) + " (" + ago_text(row.last_seen_us, report.now_us) + ")");
    add_line(out, "Model", row.model);
    add_line(out, "Version", row.version);
    add_line(out, "Address", row.address);
    add_line(out, "Tags", joined(row.tags));
    add_line(out, "Clock offset", cell_text(row, AgentColumn::clock, report.now_us));
    add_line(out, "Boot", report.history.boot_id());
    if (!report.commands.empty())
        add_line(
            out, "Commands",
            names_of(report.commands) + (row.catalogue.empty() ? "" : " (catalogue " + row.catalogue + ")"));
    if (row.state != "never") out += heading(style, "Numbers") + sample_text(report);
    out += running_text(report, style);
    const auto recent = report.history.recent();
    if (!recent.empty()) out += heading(style, "Events, newest last");
    for (const FeedEvent& event : recent) out += "  " + event_text(event, style);
    return out;
}

std::string json_agent_report(const AgentReport& report, JsonForm form) {
    Json whole = json_agent(report.row);
    whole["boot_id"] = report.history.boot_id();
    whole["why"] = report.history.why(report.row, report.now_us);
    whole["sample"] = json_sample(report.history);
    whole["running"] = Json::array();
    for (const RunningCommand& each : report.history.running())
        whole["running"].push_back({{"command", each.command.name},
                                    {"arguments", each.command.arguments},
                                    {"state", each.state},
                                    {"since", json_time(each.since_ns / 1000)},
                                    {"job", to_hex(each.command.job)},
                                    {"operator", each.command.operator_id}});
    whole["commands"] = Json::array();
    for (const CommandRow& command : report.commands) whole["commands"].push_back(command.name);
    whole["events"] = Json::array();
    for (const FeedEvent& event : report.history.recent())
        whole["events"].push_back(Json::parse(event_json(event), nullptr, false));
    return dumped(whole, form);
}

}  // namespace pncp::cli
