// What earlier runs left in the folder: found, judged, and what is strange set aside.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "agent/spool/spool_folder.hpp"

namespace pncp::agent {
namespace {

constexpr std::size_t kOrderDigits = 10;
constexpr std::size_t kMarkSuffix = 5;
constexpr std::size_t kSegmentSuffix = 10;
constexpr std::size_t kStemBytes = kOrderDigits + 1 + 32;

std::optional<std::uint32_t> read_number(std::string_view digits) {
    std::uint32_t number = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return std::nullopt;
    return number;
}

struct Name {
    std::uint32_t order = 0;
    Id16 spool{};
    SpoolFileKind kind = SpoolFileKind::mark;
    std::uint32_t number = 0;
    bool handed_over = false;
};

/// "0000000007-<32 hex>.mark", ".done", ".m00000001", ".r00000001"; nothing else.
std::optional<Name> read_name(std::string_view text) {
    if (text.size() != kStemBytes + kMarkSuffix && text.size() != kStemBytes + kSegmentSuffix)
        return std::nullopt;
    const auto order = read_number(text.substr(0, kOrderDigits));
    const auto spool = from_hex<16>(text.substr(kOrderDigits + 1, 32));
    const std::string_view suffix = text.substr(kStemBytes);
    if (!order || !spool || text[kOrderDigits] != '-') return std::nullopt;
    if (suffix == ".mark" || suffix == ".done")
        return Name{*order, *spool, SpoolFileKind::mark, 0, suffix == ".done"};
    const auto number = read_number(suffix.substr(2));
    const bool segment = suffix[0] == '.' && (suffix[1] == 'm' || suffix[1] == 'r');
    if (!segment || !number || suffix.size() != kSegmentSuffix) return std::nullopt;
    const auto kind = suffix[1] == 'm' ? SpoolFileKind::metrics : SpoolFileKind::results;
    return Name{*order, *spool, kind, *number, false};
}

Bytes read_at(int file, std::uint64_t offset, std::size_t size) {
    Bytes bytes(size);
    const ssize_t got = pread(file, bytes.data(), size, static_cast<off_t>(offset));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace

Result<std::map<std::uint32_t, SpoolFolder::Found>> SpoolFolder::list() {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(path_.c_str()), closedir);
    if (!entries) return detail::system_error("look into", path_);
    std::map<std::uint32_t, Found> found;
    while (const dirent* entry = readdir(entries.get())) {
        const std::string file = entry->d_name;
        const auto name = read_name(file);
        if (!name) continue;
        Found& spool = found[name->order];
        if (!spool.stem.empty() && spool.spool != name->spool) continue;
        spool.spool = name->spool;
        spool.stem = file.substr(0, kStemBytes);
        if (name->kind == SpoolFileKind::mark) {
            spool.mark = file;
            spool.handed_over = name->handed_over;
        }
        if (name->kind == SpoolFileKind::metrics) spool.metrics.emplace_back(name->number, file);
        if (name->kind == SpoolFileKind::results) spool.results.emplace_back(name->number, file);
    }
    for (auto& [order, spool] : found) {
        std::sort(spool.metrics.begin(), spool.metrics.end());
        std::sort(spool.results.begin(), spool.results.end());
        names_[spool.spool] = spool.stem;
    }
    return found;
}

void SpoolFolder::set_aside(const std::string& name, const std::string& why,
                            std::vector<std::string>& warnings) {
    const std::string away = name + ".aside";
    const bool moved = renameat(folder_.get(), name.c_str(), folder_.get(), away.c_str()) == 0;
    warnings.push_back("spool file " + path_ + "/" + name + " " + why + ": it is " +
                       (moved ? "set aside as " + away : "not used"));
}

std::string SpoolFolder::stranger(const Found& found) const {
    std::vector<std::string> names{found.mark};
    for (const auto& [number, name] : found.metrics) names.push_back(name);
    for (const auto& [number, name] : found.results) names.push_back(name);
    for (const std::string& name : names) {
        const detail::Descriptor file(openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (!file.valid()) continue;
        const auto header = read_spool_header(read_at(file.get(), 0, kSpoolHeaderBytes));
        if (header && header->agent != owner_.agent) return header->agent;
    }
    return {};
}

std::optional<FormerSpool> SpoolFolder::look_at(const Found& found, std::vector<std::string>& warnings) {
    if (const std::string agent = stranger(found); !agent.empty()) {
        const std::string why = "belongs to the agent " + agent;
        if (!found.mark.empty()) set_aside(found.mark, why, warnings);
        for (const auto& [number, name] : found.metrics) set_aside(name, why, warnings);
        for (const auto& [number, name] : found.results) set_aside(name, why, warnings);
        return std::nullopt;
    }
    FormerSpool former;
    former.id = found.spool;
    former.handed_over = found.handed_over;
    const detail::Descriptor file(
        openat(folder_.get(), found.mark.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    const Bytes bytes = file.valid() ? read_at(file.get(), 0, kSpoolHeaderBytes + kSpoolEndBytes) : Bytes{};
    const auto header = read_spool_header(bytes);
    if (header && header->spool == found.spool) {
        former.boot_id = header->boot_id;
        const auto end = read_spool_end(ByteView(bytes).subspan(kSpoolHeaderBytes), found.spool);
        former.clean = end.has_value();
        if (end) former.heads = *end;
    } else if (bytes.size() >= kSpoolHeaderBytes) {
        // A shorter one was torn while it was made: no row of its spool was.
        set_aside(found.mark, "is damaged", warnings);
    }
    for (const auto& [number, name] : found.metrics)
        look_at_segment(name, SpoolFileKind::metrics, number, former, warnings);
    for (const auto& [number, name] : found.results)
        look_at_segment(name, SpoolFileKind::results, number, former, warnings);
    return former;
}

void SpoolFolder::look_at_segment(const std::string& name, SpoolFileKind kind, std::uint32_t number,
                                  FormerSpool& former, std::vector<std::string>& warnings) {
    const detail::Descriptor file(openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    const Stream stream = kind == SpoolFileKind::metrics ? Stream::metrics : Stream::results;
    if (!file.valid() || fstat(file.get(), &info) != 0) {
        former.clean = false;
        warnings.push_back(failed("read", name).text());
        return;
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    // Torn in its first write.
    if (size < kSpoolHeaderBytes) return add_segment(former, stream, number, size, {{}, false});
    const auto header = read_spool_header(read_at(file.get(), 0, kSpoolHeaderBytes));
    if (!header || header->spool != former.id || header->kind != kind || header->number != number) {
        former.clean = false;
        return set_aside(name, "is damaged", warnings);
    }
    former.boot_id = header->boot_id;
    const auto read = [&](std::uint64_t offset, std::size_t bytes) {
        return read_at(file.get(), offset, bytes);
    };
    add_segment(former, stream, number, size, walk_segment(read, size, former.id, number));
}

}  // namespace pncp::agent
