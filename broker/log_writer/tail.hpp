// Finds out where a log file stands by reading its end. Pure: the caller reads the bytes. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/log_writer/log_record.hpp"

namespace pncp::log_writer {

struct Tail {
    ChainState chain;                 ///< after the last good line
    std::uint64_t good_bytes = 0;     ///< the file up to and with that line
    std::uint64_t torn_bytes = 0;     ///< behind it: a line that was never finished
    std::uint64_t damaged_lines = 0;  ///< behind it: finished lines that are not what was written
};

/// Looks at the end of a file of `file_bytes`; `end` holds its last bytes. nullopt: no good line in there, so
/// look further back, or, when `end` is the whole file, it has none.
[[nodiscard]] std::optional<Tail> read_tail(std::string_view end, std::uint64_t file_bytes);

/// True for a file that a log writer was killed in before its first line was finished: empty, or a part of a
/// header.
[[nodiscard]] bool is_unfinished_header(std::string_view file);

}  // namespace pncp::log_writer
