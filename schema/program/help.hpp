// The text of --help and --version, made from the table. Pure.
#pragma once

#include <string>

#include "schema/program/setting.hpp"

namespace pncp {

/// Help for the program, or for one of its verbs (null for none). 80 columns, ends with a line break.
[[nodiscard]] std::string help_text(const Program& program, const Verb* verb);

/// "pncp-broker 0.1.0\n"
[[nodiscard]] std::string version_text(const Program& program);

}  // namespace pncp
