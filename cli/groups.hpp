// Groups of agents by name, from files of lines such as
//
//     # the garden
//     garden = pi-[1-4],cam-2
//     hot    = @garden & temp>60
//
// In an expression `@garden` stands for the group's expression in parentheses. Pure: text in, text out.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp::cli {

/// Name to expression.
using Groups = std::map<std::string, std::string, std::less<>>;

/// Adds the groups of a file's `text`, which replace earlier ones of the same name; `where` is the file's
/// name. A line that is none is an error that names it.
[[nodiscard]] Status read_groups(std::string_view text, const std::string& where, Groups& groups);

/// True when `expression` names a group: only then the files need to be read.
[[nodiscard]] bool names_groups(std::string_view expression);

/// `expression` with every `@name` replaced, those within groups too. A group that nobody defined (with the
/// nearest ones), one that contains itself, and one that grows past limits::kStringBytes are errors.
[[nodiscard]] Result<std::string> with_groups(std::string_view expression, const Groups& groups);

}  // namespace pncp::cli
