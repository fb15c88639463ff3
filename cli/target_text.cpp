#include "cli/target_text.hpp"

#include "cli/groups.hpp"
#include "schema/program/files.hpp"
#include "schema/program/quantity.hpp"

namespace pncp::cli {
namespace {

/// Ten thousand names fit.
constexpr std::size_t kFileBytesMax = 1024 * 1024;

/// A file that is not there has no groups.
Status add_groups(const std::string& path, Groups& groups) {
    if (!path_exists(path)) return Done{};
    const auto file = read_file(path, kFileBytesMax);
    if (!file) return file.error();
    return read_groups(file->text, path, groups);
}

}  // namespace

std::variant<std::string, Failure> target_text(const World& world, const std::string& text) {
    if (!names_groups(text)) return text;
    Groups groups;
    if (const Status read = add_groups(world.system_config + "/groups", groups); !read)
        return Failure{ExitCode::configuration, read.error()};
    if (!world.config_home.empty())
        if (const Status read = add_groups(world.config_home + "/pncp/groups", groups); !read)
            return Failure{ExitCode::configuration, read.error()};
    auto filled = with_groups(text, groups);
    if (!filled) return Failure{ExitCode::usage, filled.error()};
    return std::move(*filled);
}

std::string joined_targets(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        if (!text.empty()) text += ',';
        text += item;
    }
    return text;
}

std::optional<Share> parse_share(std::string_view text) {
    Share share;
    share.percent = text.ends_with('%');
    if (share.percent) text.remove_suffix(1);
    const auto number = parse_integer(text);
    if (!number || *number <= 0 || (share.percent && *number > 100)) return std::nullopt;
    share.count = static_cast<std::uint64_t>(*number);
    return share;
}

}  // namespace pncp::cli
