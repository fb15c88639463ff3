// Manual pages out of the tables that --help and the readers of settings work by: roff with the man macros,
// which groff and mandoc understand alike. Printed by --help-man at build time. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "schema/program/setting.hpp"

namespace pncp {

/// The whole page of a program. Its date is left as @DATE@, for the build to fill in.
[[nodiscard]] std::string manual_page(const Program& program);

/// The program's part of pncp.toml(5): one heading, and every setting of its file with type, default and
/// variable.
[[nodiscard]] std::string manual_settings(const Program& program);

/// Text as roff shows it unchanged: no character is a request, a hyphen stays one, `words` between backticks
/// are bold.
[[nodiscard]] std::string roff_text(std::string_view text);

}  // namespace pncp
