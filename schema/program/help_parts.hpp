// What --help and the manual page say in the same words. Inner part of help.cpp and manual.cpp. Pure.
#pragma once

#include <string>
#include <vector>

#include "schema/program/setting.hpp"

namespace pncp {

/// The help of an option with its default and, for what files and variables may give, its variable.
[[nodiscard]] std::string option_text(const Setting& setting, bool from_file);

/// The program's own list, or the usual one.
[[nodiscard]] std::vector<ExitCode> exit_codes_of(const Program& program);

}  // namespace pncp
