// The command line, split into verb, options and positionals. Pure. Inner part of Settings; programs use
// settings.hpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schema/program/setting.hpp"
#include "schema/result.hpp"

namespace pncp {

/// Points into the Program it was parsed for.
struct CommandLine {
    const Verb* verb = nullptr;
    /// Settings as given, in order; one given twice is there twice.
    std::vector<std::pair<const Setting*, std::string>> given = {};
    std::vector<std::string> positionals = {};
    std::optional<std::string> config = std::nullopt;
    bool help = false;
    bool version = false;
    bool check_config = false;
    /// What --help-man asks for: "page" or "settings". The option is for building the manual, and in no help.
    std::string manual = {};
};

/// Parses the arguments after the program's name. The program's options may stand before or after the verb,
/// the verb's after it. An error is a usage error; it never repeats what may be a secret.
[[nodiscard]] Result<CommandLine> parse_command_line(const Program& program,
                                                     std::span<const char* const> arguments);

}  // namespace pncp
