// A TOML text as a flat list of dotted keys with their lines: all that Settings needs to know of toml++.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.hpp"

namespace pncp {

enum class TomlType : std::uint8_t { text, integer, number, flag, list, other };

struct TomlEntry {
    /// "influx.url"
    std::string key = {};
    TomlType type = TomlType::other;
    /// The value as an environment variable would hold it; for `other`, what it is: "a date", "a table".
    std::string text = {};
    /// Of a list whose items are all text, numbers or booleans.
    std::vector<std::string> items = {};
    int line = 0;
};

/// Every value of the document, tables flattened, in order of lines: `[a.b]` gives keys "a.b.…", `[[a]]`
/// gives "a[0].…", "a[1].…". Arrays that hold anything but plain values or tables come as `other`, as do
/// empty tables. `file` is the name for "file:line:column: ..." in the error.
[[nodiscard]] Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& file);

}  // namespace pncp
