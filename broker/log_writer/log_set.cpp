#include "broker/log_writer/log_set.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "broker/log_writer/log_reader.hpp"
#include "broker/log_writer/old_files.hpp"
#include "broker/log_writer/rotation.hpp"

namespace pncp::log_writer {

namespace {

struct Named {
    std::string live;
    std::uint64_t number =
        std::numeric_limits<std::uint64_t>::max();  ///< of the live file: behind all others
};

Named named(std::string_view path) {
    std::string_view plain = path;
    if (plain.ends_with(kCompressedSuffix)) plain.remove_suffix(kCompressedSuffix.size());
    const std::size_t dot = plain.rfind('.');
    if (dot != std::string_view::npos) {
        const std::string_view live = plain.substr(0, dot);
        if (const auto old = parse_old_name(live, path); old && !old->part)
            return {std::string(live), old->number};
    }
    return {std::string(path), std::numeric_limits<std::uint64_t>::max()};
}

/// Journals in the order in which they began, the files of each by their first event.
void sort_by_headers(std::vector<std::string>& paths) {
    std::map<std::string, std::optional<Record>> headers;
    std::map<Id16, std::int64_t> begun;
    for (const std::string& path : paths) {
        const auto& header = headers[path] = header_of(path);
        if (!header) continue;
        const auto [at, added] = begun.emplace(header->state.cursor.journal, header->time_ns);
        if (!added) at->second = std::min(at->second, header->time_ns);
    }
    const auto place = [&](const std::string& path) {
        const auto& header = headers[path];
        if (!header)
            return std::tuple(std::numeric_limits<std::int64_t>::min(), Id16{}, std::uint64_t{0}, path);
        const Cursor& cursor = header->state.cursor;
        return std::tuple(begun[cursor.journal], cursor.journal, cursor.sequence, path);
    };
    std::sort(paths.begin(), paths.end(),
              [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
}

}  // namespace

std::optional<Record> header_of(const std::string& path) {
    auto reader = LogReader::open(path);
    if (!reader.ok()) return std::nullopt;
    const auto line = reader->next();
    if (!line.ok() || !*line) return std::nullopt;
    auto record = read_record(**line);
    return record && record->header ? record : std::nullopt;
}

bool named_as_old(std::string_view path) {
    return named(path).number != std::numeric_limits<std::uint64_t>::max();
}

std::vector<std::string> in_order(std::vector<std::string> paths) {
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    std::erase_if(paths, [&, all = paths](const std::string& path) {
        if (!path.ends_with(kCompressedSuffix)) return false;
        const std::string plain = path.substr(0, path.size() - kCompressedSuffix.size());
        return std::binary_search(all.begin(), all.end(), plain);
    });
    const bool one_log = std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return named(path).live == named(paths.front()).live;
    });
    if (one_log)
        std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
            return named(a).number < named(b).number;
        });
    else
        sort_by_headers(paths);
    return paths;
}

Result<std::vector<std::string>> files_of_log(const std::string& live) {
    const auto entries = list_folder(live);
    if (!entries.ok()) return entries.error();
    const std::size_t slash = live.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : live.substr(0, slash + 1);
    const std::string name = live.substr(folder.size());
    std::vector<std::string> paths;
    for (const FolderEntry& entry : *entries) {
        const auto old = parse_old_name(name, entry.name);
        if ((old && !old->part) || entry.name == name) paths.push_back(folder + entry.name);
    }
    if (paths.empty())
        return Error{"there is no log " + live,
                     "name its file, or the folder of pncp-log-writer with --state-dir"};
    return in_order(std::move(paths));
}

}  // namespace pncp::log_writer
