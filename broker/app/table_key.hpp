// Keys of arrays of tables, as toml_file names them. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pncp::broker {

/// "allow[3].commands" is 3 and "commands" of the table "allow".
struct TableKey {
    std::size_t index = 0;
    std::string name;
};
[[nodiscard]] inline std::optional<TableKey> table_key(std::string_view table, const std::string& key) {
    const auto close = key.find("].");
    if (close == std::string::npos || close <= table.size() || !key.starts_with(table) ||
        key[table.size()] != '[')
        return std::nullopt;
    TableKey found{0, key.substr(close + 2)};
    for (const char digit : key.substr(table.size() + 1, close - table.size() - 1))
        found.index = found.index * 10 + static_cast<std::size_t>(digit - '0');
    return found;
}

}  // namespace pncp::broker
