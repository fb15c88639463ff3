// Which files a log consists of, and in which order. Reads names and first lines; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log_writer/log_record.hpp"
#include "schema/result.hpp"

namespace pncp::log_writer {

/// The old files of the log whose live file is `live`, oldest first, then `live` itself. A number that stands
/// there both plain and compressed (a kill came in between) counts once, plain.
[[nodiscard]] Result<std::vector<std::string>> files_of_log(const std::string& live);

/// The given files, oldest first: by their numbers when they are of one log by name, else by what their
/// headers say. One that is given twice, or plain and compressed, counts once.
[[nodiscard]] std::vector<std::string> in_order(std::vector<std::string> paths);

/// The first line of a file, which is its header; nullopt when it can't be read, or is none. Its `type` is
/// empty.
[[nodiscard]] std::optional<Record> header_of(const std::string& path);

/// True for a name that pncp-log-writer gives to old files: a newer one exists, or did.
[[nodiscard]] bool named_as_old(std::string_view path);

}  // namespace pncp::log_writer
