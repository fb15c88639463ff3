// The .env file: KEY=VALUE lines, for secrets that belong neither in a shared file nor on a command line.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/result.hpp"

namespace pncp {

struct DotenvEntry {
    std::string name;
    std::string value;
    int line = 0;
};

/// Reads lines of `NAME=value`, `export NAME=value`, `NAME='as is'` and `NAME="with \n \t \" \\ \$ escapes"`.
/// Blank lines and lines that begin with # are skipped; after a value, " #" begins a comment. Nothing is
/// expanded. `file` is the name for "file:line: ..." in the error, which never repeats a value. A name given
/// twice keeps both entries, in order.
[[nodiscard]] Result<std::vector<DotenvEntry>> parse_dotenv(std::string_view text, const std::string& file);

}  // namespace pncp
