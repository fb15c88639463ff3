// The only file that sees toml++.
#include "schema/program/toml_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "schema/program/escape.hpp"

namespace pncp {
namespace {

std::string number_text(double value) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

/// The text of a value that is neither array, table nor date.
std::optional<TomlEntry> scalar(const toml::node& node) {
    if (const auto* text = node.as_string()) return TomlEntry{.type = TomlType::text, .text = text->get()};
    if (const auto* whole = node.as_integer()) {
        return TomlEntry{.type = TomlType::integer, .text = std::to_string(whole->get())};
    }
    if (const auto* real = node.as_floating_point()) {
        return TomlEntry{.type = TomlType::number, .text = number_text(real->get())};
    }
    if (const auto* flag = node.as_boolean()) {
        return TomlEntry{.type = TomlType::flag, .text = flag->get() ? "true" : "false"};
    }
    return std::nullopt;
}

TomlEntry list(const toml::array& array) {
    TomlEntry entry{.type = TomlType::list};
    for (const toml::node& item : array) {
        auto value = scalar(item);
        if (!value) return TomlEntry{.type = TomlType::other, .text = "a list of lists, tables or dates"};
        entry.items.push_back(std::move(value->text));
    }
    return entry;
}

TomlEntry describe(const toml::node& node) {
    if (auto value = scalar(node)) return *value;
    if (const auto* array = node.as_array()) return list(*array);
    return TomlEntry{.type = TomlType::other, .text = node.is_table() ? "a table" : "a date or time"};
}

/// `[[name]]`: a list of nothing but tables, each flattened under `name[0]`, `name[1]` …
const toml::array* tables_in(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr || array->empty()) return nullptr;
    const bool all = std::all_of(array->begin(), array->end(), [](const toml::node& item) {
        return item.is_table() && !item.as_table()->empty();
    });
    return all ? array : nullptr;
}

void flatten(const toml::table& table, const std::string& prefix, std::vector<TomlEntry>& out) {
    for (const auto& [name, node] : table) {
        std::string key = prefix + std::string(name.str());
        const auto* inner = node.as_table();
        if (inner != nullptr && !inner->empty()) {
            flatten(*inner, key + ".", out);
            continue;
        }
        if (const auto* tables = tables_in(node); tables != nullptr) {
            for (std::size_t i = 0; i < tables->size(); ++i)
                flatten(*tables->get(i)->as_table(), key + "[" + std::to_string(i) + "].", out);
            continue;
        }
        TomlEntry entry = describe(node);
        entry.line = static_cast<int>(name.source().begin.line);
        entry.key = std::move(key);
        out.push_back(std::move(entry));
    }
}

}  // namespace

Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& file) {
    try {
        const toml::table table = toml::parse(text, file);
        std::vector<TomlEntry> entries;
        flatten(table, "", entries);
        std::stable_sort(entries.begin(), entries.end(),
                         [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
        return entries;
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        return Error{file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                         ": this is not valid TOML (" + escape_controls(error.description()) + ")",
                     "correct that line"};
    }
}

}  // namespace pncp
