// Agents' tags on disk, beside the cursor: what agent_tags.hpp needs to go on from a cursor as if nothing
// had happened. Text; appended to and synced at each change (rare: an agent came with other tags), replaced
// in one step when it has grown. One thread.
//
//   # Tags of agents, for the points of pncp-influx-bridge. Goes with its cursor file.
//   journal<TAB><32 hexadecimal digits>
//   <sequence><TAB><agent><TAB><name=value><TAB><name=value> …      tags hold no control characters
//
// A torn last line (power cut) is cut off: no cursor has passed it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/influx_bridge/agent_tags.hpp"
#include "schema/result.hpp"

namespace pncp::influx {

struct TagsState {
    Id16 journal{};
    std::vector<TagEntry> entries;  ///< ascending
    bool operator==(const TagsState&) const = default;
};

[[nodiscard]] std::string format_tag_entry(const TagEntry& entry);
[[nodiscard]] std::string format_tags(const TagsState& state);
/// The error names the line. A last line without its newline is left out.
[[nodiscard]] Result<TagsState> parse_tags(std::string_view text);
/// For each agent what holds after event `resume`, and everything later.
[[nodiscard]] std::vector<TagEntry> compact_tags(const std::vector<TagEntry>& entries, std::uint64_t resume);

class TagsFile {
  public:
    explicit TagsFile(std::string path) : path_(std::move(path)) {}
    ~TagsFile();
    TagsFile(const TagsFile&) = delete;
    TagsFile& operator=(const TagsFile&) = delete;

    /// No file is an empty state. A file that can't be read or parsed is an error, for a person to decide.
    [[nodiscard]] Result<TagsState> load();
    /// Durable when it returns.
    [[nodiscard]] Status write(const TagChanges& changes);
    /// Once a cursor at `resume` is saved: drops what no restart can need, when the file has grown for it.
    [[nodiscard]] Status tidy(std::uint64_t resume);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    [[nodiscard]] Status replace(const TagsState& state);
    [[nodiscard]] Status append(const std::string& text);

    std::string path_;
    int fd_ = -1;
    std::int64_t bytes_ = 0;  ///< of the file
    std::int64_t tidy_at_bytes_ = 0;
};

}  // namespace pncp::influx
