// The keys that a table of a command file may have, each with its type and its check. For this folder and
// agent/script; pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/catalogue.hpp"
#include "schema/program/toml_file.hpp"

namespace pncp::agent {

/// One key. `take` puts the value into its place and returns what is wrong with it, to complete "KEY ...", or
/// nothing. It is nullptr for `arguments`, which need the slots, and those may come later.
template <typename Into>
struct Field {
    const char* key;
    TomlType type;
    std::string (*take)(const TomlEntry&, Into&);
};

/// Whether a program of that name (without a folder) takes a line of text for a script.
[[nodiscard]] bool is_shell(std::string_view program);

/// "a list of texts", to complete "must be ...".
[[nodiscard]] const char* type_name(TomlType type);

[[nodiscard]] std::span<const Field<CommandSpec>> command_fields();
[[nodiscard]] std::span<const Field<Slot>> slot_fields();

/// Whether a key belongs to a `[[script]]` table, which may stand in the same files: see agent/script.
[[nodiscard]] inline bool is_script_key(std::string_view key) { return key.starts_with("script["); }

/// The list `arguments`, as it is written; returns what is wrong with it.
[[nodiscard]] std::string take_arguments(const TomlEntry& entry, std::vector<std::string>& into);

}  // namespace pncp::agent
