#include "broker/influx_bridge/tags_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "schema/program/files.hpp"

namespace pncp::influx {

namespace {

/// Below this nothing is tidied. 10,000 agents with three short tags are half of it.
constexpr std::int64_t kTidyBytes = 2 << 20;
/// 100,000 agents with 16 long tags; a file beyond is none of ours.
constexpr std::size_t kFileBytes = 256U << 20U;
constexpr std::string_view kComment =
    "# Tags of agents, for the points of pncp-influx-bridge. Goes with its cursor file.\n";

std::vector<std::string_view> split_tabs(std::string_view line) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto tab = line.find('\t');
        parts.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) return parts;
        line.remove_prefix(tab + 1);
    }
}

bool parse_line(std::string_view line, TagsState& state) {
    const auto parts = split_tabs(line);
    if (parts.size() < 2) return false;
    if (parts[0] == "journal") {
        const auto journal = from_hex<16>(parts[1]);
        if (journal) state.journal = *journal;
        return journal.has_value() && parts.size() == 2;
    }
    TagEntry entry;
    const auto [end, failure] =
        std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), entry.seq);
    if (failure != std::errc{} || end != parts[0].data() + parts[0].size()) return false;
    if (!state.entries.empty() && entry.seq < state.entries.back().seq) return false;
    entry.agent = parts[1];
    entry.tags.assign(parts.begin() + 2, parts.end());
    state.entries.push_back(std::move(entry));
    return true;
}

Error failure(const std::string& what, const std::string& path, int code) {
    return {"can't " + what + " the file of agents' tags " + path + ": " + std::strerror(code),
            "make room or give this user the right to write there (bridge.tags_file)"};
}

}  // namespace

std::string format_tag_entry(const TagEntry& entry) {
    std::string line = std::to_string(entry.seq) + '\t' + entry.agent;
    for (const std::string& tag : entry.tags) (line += '\t') += tag;
    return line + '\n';
}

std::string format_tags(const TagsState& state) {
    std::string text = std::string(kComment) + "journal\t" + to_hex(state.journal) + "\n";
    for (const TagEntry& entry : state.entries) text += format_tag_entry(entry);
    return text;
}

Result<TagsState> parse_tags(std::string_view text) {
    TagsState state;
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) break;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.empty() || line.front() == '#') continue;
        if (!parse_line(line, state))
            return Error{"line " + std::to_string(number) + " is not understood", {}};
    }
    return state;
}

std::vector<TagEntry> compact_tags(const std::vector<TagEntry>& entries, std::uint64_t resume) {
    std::unordered_map<std::string_view, const TagEntry*> newest;
    for (const TagEntry& entry : entries)
        if (entry.seq <= resume) newest[entry.agent] = &entry;
    std::vector<TagEntry> kept;
    for (const TagEntry& entry : entries)
        if (entry.seq > resume || (newest[entry.agent] == &entry && !entry.tags.empty()))
            kept.push_back(entry);
    return kept;
}

TagsFile::~TagsFile() {
    if (fd_ >= 0) close(fd_);
}

Result<TagsState> TagsFile::load() {
    tidy_at_bytes_ = kTidyBytes;
    if (!path_exists(path_)) return TagsState{};
    const auto file = read_file(path_, kFileBytes);
    if (!file)
        return Error{"can't read the file of agents' tags: " + file.error().message, file.error().next};
    auto state = parse_tags(file->text);
    if (!state)
        return Error{"file of agents' tags " + path_ + ": " + state.error().message,
                     "remove it; agents' tags are then known again as each of them connects"};
    bytes_ = static_cast<std::int64_t>(file->text.size());
    if (!file->text.empty() && file->text.back() != '\n') {
        const auto whole = static_cast<off_t>(file->text.rfind('\n') + 1);
        if (truncate(path_.c_str(), whole) != 0) return failure("repair", path_, errno);
        bytes_ = whole;
    }
    return state;
}

Status TagsFile::write(const TagChanges& changes) {
    if (changes.empty()) return Done{};
    if (changes.whole || bytes_ == 0) return replace({changes.journal, changes.entries});
    std::string text;
    for (const TagEntry& entry : changes.entries) text += format_tag_entry(entry);
    return append(text);
}

Status TagsFile::tidy(std::uint64_t resume) {
    if (bytes_ < tidy_at_bytes_) return Done{};
    auto state = load();
    if (!state) return state.error();
    state->entries = compact_tags(state->entries, resume);
    Status replaced = replace(*state);
    tidy_at_bytes_ = std::max(kTidyBytes, 2 * bytes_);
    return replaced;
}

Status TagsFile::replace(const TagsState& state) {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
    const std::string text = format_tags(state);
    const Status written = write_atomically(path_, view(text), 0640);
    if (written) bytes_ = static_cast<std::int64_t>(text.size());
    return written;
}

Status TagsFile::append(const std::string& text) {
    if (fd_ < 0) fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd_ < 0) return failure("open", path_, errno);
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (rest.empty() && fdatasync(fd_) == 0) {
        bytes_ += static_cast<std::int64_t>(text.size());
        return Done{};
    }
    const int code = errno;
    (void)!ftruncate(fd_, bytes_);
    return failure("write", path_, code);
}

}  // namespace pncp::influx
