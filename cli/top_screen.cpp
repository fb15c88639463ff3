#include "cli/top_screen.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/event_text.hpp"
#include "cli/plot.hpp"
#include "cli/render_lists.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

/// Below that nothing can be told; the lines are cut all the same.
constexpr std::size_t kHeaderLines = 4;
constexpr std::size_t kFooterLines = 1;
constexpr std::size_t kWidestName = 40;

struct Column {
    TopColumn column;
    std::string_view title;
    std::size_t width;
};
/// The name takes what is left; a title has room for the mark of the sort column.
constexpr std::array<Column, kTopColumns> kColumns{Column{TopColumn::name, "NAME", 0},
                                                   Column{TopColumn::state, "STATE", 7},
                                                   Column{TopColumn::cpu, "CPU%", 5},
                                                   Column{TopColumn::memory, "MEM%", 5},
                                                   Column{TopColumn::temperature, "TEMP", 5},
                                                   Column{TopColumn::disk, "DISK%", 6},
                                                   Column{TopColumn::load, "LOAD", 5},
                                                   Column{TopColumn::seen, "SEEN", 8},
                                                   Column{TopColumn::throttled, "THROTTLED", 10}};

/// Sideways: numbers stand right.
std::string fitted(std::string text, std::size_t width, bool right) {
    text = shortened(text, width);
    const std::size_t fill = width - std::min(width, width_of(text));
    return right ? std::string(fill, ' ') + text : text + std::string(fill, ' ');
}

bool is_number(TopColumn column) {
    return column != TopColumn::name && column != TopColumn::state && column != TopColumn::throttled;
}

/// "3 s", "4 min", "2 h": one unit, as a column needs it.
std::string short_ago(std::int64_t then_us, std::int64_t now_us) {
    if (then_us == 0) return "never";
    const std::int64_t seconds = std::max<std::int64_t>(now_us - then_us, 0) / 1'000'000;
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return std::to_string(seconds / 60) + " min";
    if (seconds < 86'400) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86'400) + " d";
}

std::string cell(const TopDevice& device, TopColumn column, const TopLook& look) {
    const MainNumbers none{};
    const MainNumbers& numbers = device.numbers ? *device.numbers : none;
    switch (column) {
        case TopColumn::name:
            return escape_controls(device.row.id);
        case TopColumn::state:
            return escape_controls(device.row.state);
        case TopColumn::cpu:
            return number_text(numbers.cpu_percent);
        case TopColumn::memory:
            return number_text(numbers.memory_percent);
        case TopColumn::temperature:
            return number_text(numbers.temperature);
        case TopColumn::disk:
            return number_text(numbers.disk_percent);
        case TopColumn::load:
            return number_text(numbers.load1);
        case TopColumn::seen:
            return short_ago(device.row.last_seen_us, look.now_us);
        case TopColumn::throttled:
            return numbers.throttled ? escape_controls(short_throttled(*numbers.throttled)) : "";
    }
    return {};
}

Colour colour_of(const TopDevice& device, TopColumn column) {
    const auto hot = [](const std::optional<double>& value, double warn, double bad) {
        if (!value || *value < warn) return Colour::plain;
        return *value < bad ? Colour::yellow : Colour::red;
    };
    const MainNumbers none{};
    const MainNumbers& numbers = device.numbers ? *device.numbers : none;
    switch (column) {
        case TopColumn::state:
            return device.row.state == "online"  ? Colour::green
                   : device.row.state == "stale" ? Colour::yellow
                   : device.row.state == "never" ? Colour::dim
                                                 : Colour::red;
        case TopColumn::cpu:
            return hot(numbers.cpu_percent, 80, 95);
        case TopColumn::memory:
            return hot(numbers.memory_percent, 80, 95);
        case TopColumn::temperature:
            return hot(numbers.temperature, 70, 80);
        case TopColumn::disk:
            return hot(numbers.disk_percent, 85, 95);
        case TopColumn::throttled:
            return Colour::red;
        default:
            return Colour::plain;
    }
}

/// The selected line stands out without any colour too.
std::string selected_line(const std::string& line) { return "\033[7m" + line + "\033[0m"; }

/// Widths of the columns that fit, 0 for those that don't: the last ones go first.
std::array<std::size_t, kTopColumns> widths_for(std::size_t columns, std::size_t widest_name) {
    std::array<std::size_t, kTopColumns> widths{};
    constexpr std::size_t kLeastName = 12;
    std::size_t used = kLeastName;
    for (std::size_t i = 1; i < kTopColumns; ++i) {
        if (used + 1 + kColumns[i].width > columns) break;
        widths[i] = kColumns[i].width;
        used += 1 + widths[i];
    }
    const std::size_t left = columns > used ? columns - used : 0;
    widths[0] = std::min({kLeastName + left, std::clamp(widest_name, kLeastName, kWidestName), columns});
    return widths;
}

std::string header_line(const TopModel& model, const std::array<std::size_t, kTopColumns>& widths,
                        const TopLook& look) {
    std::string line;
    for (std::size_t i = 0; i < kTopColumns; ++i) {
        if (widths[i] == 0) continue;
        std::string title(kColumns[i].title);
        if (kColumns[i].column == model.sort_column()) title = (model.reversed() ? "^" : "*") + title;
        if (!line.empty()) line += ' ';
        line += fitted(title, widths[i], is_number(kColumns[i].column));
    }
    return coloured(look.style, Colour::bold, line);
}

std::string device_line(const TopDevice& device, bool selected,
                        const std::array<std::size_t, kTopColumns>& widths, const TopLook& look) {
    std::string line;
    for (std::size_t i = 0; i < kTopColumns; ++i) {
        if (widths[i] == 0) continue;
        const TopColumn column = kColumns[i].column;
        const std::string text = fitted(cell(device, column, look), widths[i], is_number(column));
        if (i > 0) line += ' ';
        line += selected ? text : coloured(look.style, colour_of(device, column), text);
    }
    return selected ? selected_line(line) : line;
}

std::string rate_text(double rate) {
    char text[64];
    std::snprintf(text, sizeof text, rate < 10 ? "%.1f/s" : "%.0f/s", rate);
    return text;
}

std::vector<std::string> head_lines(const TopModel& model, const TopLook& look) {
    const auto states = model.states();
    std::string title = "pncp top  " + escape_controls(model.broker());
    const std::string time = utc_text(look.now_us).substr(11, 8) + " UTC";
    title =
        fitted(title, look.columns > time.size() + 1 ? look.columns - time.size() - 1 : look.columns, false);
    const auto count = [](std::size_t number, std::string_view word) {
        return number == 0 ? std::string() : "  " + std::to_string(number) + " " + std::string(word);
    };
    std::string counts = std::to_string(states.all) + " agents:" + count(states.online, "online") +
                         count(states.stale, "stale") + count(states.offline, "offline") +
                         count(states.never, "never") + "  " + rate_text(model.samples_a_second()) +
                         " samples  " + rate_text(model.events_a_second()) + " events";
    if (model.alerts() > 0)
        counts += "  " + std::to_string(model.alerts()) + (model.alerts() == 1 ? " alert" : " alerts");
    std::string third = escape_controls(model.message());
    if (model.mode() == TopMode::filter)
        third = "filter: " + escape_controls(model.filter()) + "_";
    else if (third.empty() && !model.filter().empty())
        third = "filter: " + escape_controls(model.filter()) + "  (Esc shows all)";
    return {coloured(look.style, Colour::bold, shortened(title + " " + time, look.columns)),
            shortened(counts, look.columns), shortened(third, look.columns)};
}

std::string prompt_line(TopModel& model, const TopLook& look) {
    const TopDevice* device = model.selected_device();
    const std::string name = device == nullptr ? "" : escape_controls(device->row.id);
    switch (model.mode()) {
        case TopMode::command:
            return shortened("Command for " + name + ": " + escape_controls(model.typed()) + "_",
                             look.columns);
        case TopMode::confirm:
            return shortened("Run " + escape_controls(model.command()) + " on " + name +
                                 "? Type yes: " + escape_controls(model.typed()) + "_",
                             look.columns);
        case TopMode::device:
            return shortened("Esc back  Up/Down next agent  s send a command  ? help  q back", look.columns);
        default:
            return shortened("q quit  Enter device  / filter  Left/Right sort  r reverse  s send  ? help",
                             look.columns);
    }
}

std::vector<std::string> list_lines(TopModel& model, const TopLook& look, std::size_t room) {
    std::size_t widest_name = 0;
    for (const TopDevice* device : model.shown())
        widest_name = std::max(widest_name, width_of(device->row.id));
    const auto widths = widths_for(look.columns, widest_name);
    std::vector<std::string> lines{header_line(model, widths, look)};
    const std::size_t rows = room > 1 ? room - 1 : 0;
    const std::size_t first = model.first_shown(rows);
    const auto& shown = model.shown();
    for (std::size_t i = first; i < std::min(shown.size(), first + rows); ++i)
        lines.push_back(device_line(*shown[i], i == model.selected(), widths, look));
    if (shown.empty()) lines.push_back(shortened("no agent to show", look.columns));
    return lines;
}

std::string course_line(std::string_view label, const std::deque<double>& course,
                        const std::optional<double>& last, std::string_view unit, const TopLook& look) {
    std::string line =
        fitted(std::string(label), 13, false) + fitted(number_text(last, last ? unit : ""), 9, true);
    Series series;
    for (const double value : course)
        series.points.push_back({static_cast<std::int64_t>(series.points.size()), value});
    const std::size_t width =
        std::min<std::size_t>(series.points.size(), look.columns > 26 ? look.columns - 26 : 0);
    const auto to = static_cast<std::int64_t>(series.points.size());
    if (width > 0) line += "  " + spark_line(series, 0, to, width, look.utf8);
    return shortened(line, look.columns);
}

std::vector<std::string> device_lines(TopModel& model, const TopLook& look, std::size_t room) {
    const TopDevice* device = model.selected_device();
    if (device == nullptr) return {shortened("this agent is gone", look.columns)};
    const AgentRow& row = device->row;
    const MainNumbers none{};
    const MainNumbers& numbers = device->numbers ? *device->numbers : none;
    std::vector<std::string> lines;
    const auto add = [&](std::string_view label, const std::string& value) {
        if (!value.empty())
            lines.push_back(
                shortened(fitted(std::string(label), 13, false) + escape_controls(value), look.columns));
    };
    lines.push_back(coloured(look.style, Colour::bold, shortened(escape_controls(row.id), look.columns)));
    add("State", row.state + (row.state == "online" || row.reason.empty() ? "" : ": " + row.reason));
    add("Last seen", ago_text(row.last_seen_us, look.now_us));
    add("Model", row.model + (row.version.empty() ? "" : "  version " + row.version));
    add("Address", row.address);
    add("Tags", joined(row.tags));
    add("Clock", row.last_seen_us == 0 ? "" : clock_offset_text(row.clock_offset_us, row.clock_synced));
    lines.push_back(course_line("CPU", device->cpu, numbers.cpu_percent, " %", look));
    lines.push_back(course_line("Memory", device->memory, numbers.memory_percent, " %", look));
    lines.push_back(course_line("Temperature", device->temperature, numbers.temperature, " °C", look));
    lines.push_back(course_line("Disk /", {}, numbers.disk_percent, " %", look));
    lines.push_back(course_line("Load", {}, numbers.load1, "", look));
    add("Uptime", numbers.uptime_s ? duration_text(*numbers.uptime_s * 1000) : "");
    add("Throttled", !numbers.throttled ? "" : numbers.throttled->empty() ? "no" : *numbers.throttled);
    const std::size_t left = room > lines.size() + 1 ? room - lines.size() - 1 : 0;
    const auto events = model.events_of(row.id, left);
    if (!events.empty()) lines.emplace_back();
    for (const FeedEvent* event : events) {
        std::string text = event_text(*event, Style{});
        if (text.ends_with('\n')) text.pop_back();
        lines.push_back(shortened(text, look.columns));
    }
    return lines;
}

std::vector<std::string> help_lines(const TopLook& look) {
    std::vector<std::string> lines{"Keys",
                                   "  Up Down PgUp PgDn Home End   select an agent (also j and k)",
                                   "  Enter                        its numbers, courses and events",
                                   "  /                            filter: words that name, state, model,",
                                   "                               version, tags or throttling contain",
                                   "  Left Right                   sort by another column, marked by *",
                                   "  r                            the other way round, marked by ^",
                                   "  s                            send a command to the selected agent",
                                   "  Esc                          back; in the list: no filter",
                                   "  Ctrl-L                       draw everything anew",
                                   "  Ctrl-Z                       suspend, fg comes back",
                                   "  q                            quit",
                                   "",
                                   "THROTTLED: UV under-voltage, cap frequency capped, thr throttled,",
                                   "hot at the soft limit of temperature.",
                                   "",
                                   "Any key goes back."};
    for (std::string& line : lines) line = shortened(line, look.columns);
    return lines;
}

}  // namespace

std::vector<std::string> top_lines(TopModel& model, const TopLook& look) {
    std::vector<std::string> lines = head_lines(model, look);
    const std::size_t frame = kHeaderLines - 1 + kFooterLines;
    const std::size_t room = look.rows > frame ? look.rows - frame : 0;
    std::vector<std::string> body;
    if (model.mode() == TopMode::help)
        body = help_lines(look);
    else if (model.in_device())
        body = device_lines(model, look, room);
    else
        body = list_lines(model, look, room);
    body.resize(room);
    lines.insert(lines.end(), body.begin(), body.end());
    lines.push_back(prompt_line(model, look));
    // A terminal of a few lines shows the table, or at least something.
    if (lines.size() > look.rows) lines.resize(look.rows);
    return lines;
}

}  // namespace pncp::cli
