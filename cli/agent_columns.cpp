#include "cli/agent_columns.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/render_lists.hpp"
#include "cli/sample.hpp"
#include "schema/program/escape.hpp"

namespace pncp::cli {
namespace {

struct ColumnForm {
    AgentColumn column;
    std::string_view key;
    std::string_view title;
    bool soft = false;  ///< may be shortened
};
constexpr std::array<ColumnForm, kAgentColumns> kForms{
    ColumnForm{AgentColumn::name, "name", "NAME"},
    ColumnForm{AgentColumn::state, "state", "STATE"},
    ColumnForm{AgentColumn::last_seen, "last_seen", "LAST SEEN"},
    ColumnForm{AgentColumn::temp, "temp", "TEMP"},
    ColumnForm{AgentColumn::throttled, "throttled", "THROTTLED", true},
    ColumnForm{AgentColumn::version, "version", "VERSION"},
    ColumnForm{AgentColumn::clock, "clock", "CLOCK OFFSET"},
    ColumnForm{AgentColumn::model, "model", "MODEL", true},
    ColumnForm{AgentColumn::address, "address", "ADDRESS", true},
    ColumnForm{AgentColumn::tags, "tags", "TAGS", true},
    ColumnForm{AgentColumn::catalogue, "catalogue", "CATALOGUE"},
    ColumnForm{AgentColumn::reason, "reason", "REASON", true}};

/// What is kept first where not all fits.
constexpr std::array kImportance{AgentColumn::name,  AgentColumn::state,   AgentColumn::last_seen,
                                 AgentColumn::temp,  AgentColumn::reason,  AgentColumn::throttled,
                                 AgentColumn::tags,  AgentColumn::version, AgentColumn::model,
                                 AgentColumn::clock, AgentColumn::address, AgentColumn::catalogue};
/// A text shorter than this says nothing any more.
constexpr std::size_t kSoftWidth = 12;
constexpr std::size_t kBetween = 2;

const ColumnForm& form_of(AgentColumn column) { return kForms[static_cast<std::size_t>(column)]; }

std::optional<double> temperature_of(const AgentRow& row) {
    const std::string_view text = fact_of(row, "temp");
    double degrees = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), degrees);
    if (text.empty() || error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return degrees;
}

Colour colour_of(const AgentRow& row, AgentColumn column) {
    if (column == AgentColumn::throttled) return Colour::red;
    if (column != AgentColumn::state) return Colour::plain;
    if (row.state == "online") return Colour::green;
    return row.state == "stale" ? Colour::yellow : row.state == "offline" ? Colour::red : Colour::dim;
}

struct Placed {
    AgentColumn column;
    std::size_t width;
};

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = width_of(text);
    if (used > width) return shortened(text, width);
    text.append(width - used, ' ');
    return text;
}

/// Cells of every column, escaped, by row.
using Cells = std::vector<std::array<std::string, kAgentColumns>>;

Cells cells_of(const std::vector<AgentRow>& rows, std::span<const AgentColumn> columns, std::int64_t now_us) {
    Cells cells(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (const AgentColumn column : columns)
            cells[i][static_cast<std::size_t>(column)] = escape_controls(cell_text(rows[i], column, now_us));
    }
    return cells;
}

std::size_t natural_width(const Cells& cells, AgentColumn column) {
    std::size_t width = form_of(column).title.size();
    for (const auto& row : cells) width = std::max(width, width_of(row[static_cast<std::size_t>(column)]));
    return width;
}

std::string lines_of(const std::vector<AgentRow>& rows, const Cells& cells, const std::vector<Placed>& placed,
                     const Style& style) {
    std::string header;
    for (const Placed& each : placed) {
        if (!header.empty()) header.append(kBetween, ' ');
        header += padded(std::string(form_of(each.column).title), each.width);
    }
    header.erase(header.find_last_not_of(' ') + 1);
    std::string out = coloured(style, Colour::bold, header) + "\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string line;
        for (const Placed& each : placed) {
            const std::string& cell = cells[i][static_cast<std::size_t>(each.column)];
            const bool last = &each == &placed.back();
            if (&each != &placed.front()) line.append(kBetween, ' ');
            const std::string text = last ? (width_of(cell) > each.width ? shortened(cell, each.width) : cell)
                                          : padded(cell, each.width);
            line += cell == "-" ? text : coloured(style, colour_of(rows[i], each.column), text);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string csv_value(const AgentRow& row, AgentColumn column) {
    switch (column) {
        case AgentColumn::last_seen:
            return row.last_seen_us == 0 ? "" : utc_text(row.last_seen_us);
        case AgentColumn::clock:
            return row.last_seen_us == 0 ? "" : std::to_string(row.clock_offset_us);
        case AgentColumn::temp:
            return std::string(fact_of(row, "temp"));
        case AgentColumn::throttled:
            return std::string(fact_of(row, "throttled"));
        case AgentColumn::tags:
            return joined(row.tags, " ");
        default:
            break;
    }
    std::string text = cell_text(row, column, 0);
    return text == "-" ? "" : text;
}

}  // namespace

std::string_view column_key(AgentColumn column) { return form_of(column).key; }

std::optional<AgentColumn> parse_column(std::string_view key) {
    for (const ColumnForm& form : kForms)
        if (form.key == key) return form.column;
    return std::nullopt;
}

const std::vector<std::string>& column_keys() {
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> all;
        for (const ColumnForm& form : kForms) all.emplace_back(form.key);
        return all;
    }();
    return keys;
}

std::vector<AgentColumn> all_columns() {
    std::vector<AgentColumn> all;
    for (const ColumnForm& form : kForms) all.push_back(form.column);
    return all;
}

std::string_view fact_of(const AgentRow& row, std::string_view name) {
    for (const std::string_view fact : row.facts)
        if (fact.starts_with(name) && fact.size() > name.size() && fact[name.size()] == '=')
            return fact.substr(name.size() + 1);
    return {};
}

std::string cell_text(const AgentRow& row, AgentColumn column, std::int64_t now_us) {
    const auto or_none = [](std::string text) { return text.empty() ? std::string("-") : text; };
    switch (column) {
        case AgentColumn::name:
            return row.id;
        case AgentColumn::state:
            return row.state;
        case AgentColumn::last_seen:
            return ago_text(row.last_seen_us, now_us);
        case AgentColumn::temp: {
            const std::string_view degrees = fact_of(row, "temp");
            return degrees.empty() ? "-" : std::string(degrees) + "°C";
        }
        case AgentColumn::throttled:
            return or_none(short_throttled(fact_of(row, "throttled")));
        case AgentColumn::version:
            return or_none(row.version);
        case AgentColumn::clock:
            return row.last_seen_us == 0 ? "-" : clock_offset_text(row.clock_offset_us, row.clock_synced);
        case AgentColumn::model:
            return or_none(row.model);
        case AgentColumn::address:
            return or_none(row.address);
        case AgentColumn::tags:
            return or_none(joined(row.tags));
        case AgentColumn::catalogue:
            return or_none(row.catalogue);
        case AgentColumn::reason:
            return row.state == "online" ? "-" : or_none(row.reason);
    }
    return {};
}

void sort_agents(std::vector<AgentRow>& rows, AgentColumn column, bool reverse) {
    struct Keyed {
        std::optional<double> number;
        std::string text;
        std::size_t at;
    };
    const auto numeric = [&](const AgentRow& row) -> std::optional<double> {
        if (column == AgentColumn::temp) return temperature_of(row);
        if (column == AgentColumn::last_seen && row.last_seen_us != 0)
            return static_cast<double>(row.last_seen_us);
        if (column == AgentColumn::clock && row.last_seen_us != 0)
            return static_cast<double>(row.clock_offset_us);
        return std::nullopt;
    };
    const bool by_number =
        column == AgentColumn::temp || column == AgentColumn::last_seen || column == AgentColumn::clock;
    std::vector<Keyed> keys;
    keys.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string text = by_number ? std::string() : cell_text(rows[i], column, 0);
        if (text == "-") text.clear();
        keys.push_back({numeric(rows[i]), natural_key(text), i});
    }
    const auto lacks = [&](const Keyed& key) { return by_number ? !key.number : key.text.empty(); };
    const auto less = [&](const Keyed& a, const Keyed& b) {
        if (lacks(a) != lacks(b)) return lacks(b);
        const Keyed& low = reverse ? b : a;
        const Keyed& high = reverse ? a : b;
        if (by_number && low.number != high.number) return low.number < high.number;
        if (!by_number && low.text != high.text) return low.text < high.text;
        return natural_less(rows[a.at].id, rows[b.at].id);
    };
    std::sort(keys.begin(), keys.end(), less);
    std::vector<AgentRow> sorted;
    sorted.reserve(rows.size());
    for (const Keyed& key : keys) sorted.push_back(std::move(rows[key.at]));
    rows = std::move(sorted);
}

std::string render_agents(const std::vector<AgentRow>& rows, std::span<const AgentColumn> columns,
                          std::int64_t now_us, const Style& style) {
    const Cells cells = cells_of(rows, columns, now_us);
    std::vector<Placed> placed;
    for (const AgentColumn column : columns) placed.push_back({column, natural_width(cells, column)});
    return lines_of(rows, cells, placed, style);
}

std::string render_agents_fitted(const std::vector<AgentRow>& rows, std::int64_t now_us, const Style& style,
                                 std::size_t width) {
    const Cells cells = cells_of(rows, all_columns(), now_us);
    std::array<std::size_t, kAgentColumns> natural{};
    std::array<std::size_t, kAgentColumns> given{};
    std::size_t used = 0;
    for (const AgentColumn column : kImportance) {
        const auto at = static_cast<std::size_t>(column);
        const bool says_something =
            std::any_of(cells.begin(), cells.end(), [&](const auto& row) { return row[at] != "-"; });
        if (column != AgentColumn::name && !says_something) continue;
        natural[at] = natural_width(cells, column);
        const std::size_t least = form_of(column).soft ? std::min(natural[at], kSoftWidth) : natural[at];
        if (used != 0 && used + kBetween + least > width) continue;
        given[at] = least;
        used += least + (used == 0 ? 0 : kBetween);
    }
    for (const AgentColumn column : kImportance) {
        const auto at = static_cast<std::size_t>(column);
        if (given[at] == 0 || used >= width) continue;
        const std::size_t more = std::min(natural[at] - given[at], width - used);
        given[at] += more;
        used += more;
    }
    std::vector<Placed> placed;
    for (const ColumnForm& form : kForms) {
        const auto at = static_cast<std::size_t>(form.column);
        if (given[at] != 0) placed.push_back({form.column, given[at]});
    }
    return lines_of(rows, cells, placed, style);
}

std::string csv_agents(const std::vector<AgentRow>& rows, std::span<const AgentColumn> columns) {
    std::string out;
    const auto line = [&](const auto& value_of) {
        bool first = true;
        for (const AgentColumn column : columns) {
            if (!std::exchange(first, false)) out += ',';
            out += csv_field(value_of(column));
        }
        out += "\r\n";
    };
    line([](AgentColumn column) { return std::string(column_key(column)); });
    for (const AgentRow& row : rows) line([&](AgentColumn column) { return csv_value(row, column); });
    return out;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"') out += '"';
        out += letter;
    }
    return out + "\"";
}

}  // namespace pncp::cli
