#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <system_error>
#include <vector>

#include "agent/builtin/commands.hpp"
#include "agent/sampler/text.hpp"

namespace pncp::builtin {
namespace {

struct CloseListing {
    void operator()(DIR* listing) const { ::closedir(listing); }
};
using Listing = std::unique_ptr<DIR, CloseListing>;

std::string why(int error) { return std::generic_category().message(error); }

/// Opens directory `name` below `parent`; a link there is not followed, so that nobody leads us out of
/// /var/log.
Listing open_listing(int parent, const char* name, int flags) {
    const int descriptor = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags);
    if (descriptor < 0) return nullptr;
    Listing listing{::fdopendir(descriptor)};
    if (!listing) ::close(descriptor);
    return listing;
}

/// The first names of the listing in order, one more than can be shown; memory stays bounded in a huge
/// directory.
std::vector<std::string> first_names(DIR* listing) {
    constexpr std::size_t kKeep = kMaxLogEntries + 1;
    std::vector<std::string> names;
    const auto shorten = [&names] {
        std::sort(names.begin(), names.end());
        if (names.size() > kKeep) names.resize(kKeep);
    };
    while (const dirent* entry = ::readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        names.emplace_back(name);
        if (names.size() >= 2 * kKeep) shorten();
    }
    shorten();
    return names;
}

/// As ls -l shows it: "-rw-r-----".
std::string mode_text(mode_t mode) {
    std::string text = "?rwxrwxrwx";
    for (unsigned bit = 0; bit < 9; ++bit)
        if ((mode & (0400U >> bit)) == 0) text[bit + 1] = '-';
    if (S_ISREG(mode)) text[0] = '-';
    if (S_ISDIR(mode)) text[0] = 'd';
    if (S_ISLNK(mode)) text[0] = 'l';
    if (S_ISSOCK(mode)) text[0] = 's';
    if (S_ISFIFO(mode)) text[0] = 'p';
    if (S_ISCHR(mode)) text[0] = 'c';
    if (S_ISBLK(mode)) text[0] = 'b';
    if ((mode & S_ISUID) != 0) text[3] = text[3] == 'x' ? 's' : 'S';
    if ((mode & S_ISGID) != 0) text[6] = text[6] == 'x' ? 's' : 'S';
    if ((mode & S_ISVTX) != 0) text[9] = text[9] == 'x' ? 't' : 'T';
    return text;
}

std::string utc_text(time_t when) {
    std::tm parts{};
    std::array<char, 64> text{};
    if (::gmtime_r(&when, &parts) == nullptr ||
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return "(no such time)      ";
    return text.data();
}

class LogList {
  public:
    /// Lists `folder`, whose names are shown after `prefix`; false once the list is full.
    bool add(DIR* folder, const std::string& prefix, bool go_deeper) {
        const int descriptor = ::dirfd(folder);
        for (const auto& name : first_names(folder)) {
            struct stat status {};
            // Rotated away between the listing and now: not there, so not shown.
            if (::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
            if (full()) return false;
            const bool is_folder = S_ISDIR(status.st_mode);
            add_line(status, prefix + name + (is_folder ? "/" : ""));
            if (is_folder && go_deeper && !add_folder(descriptor, name, prefix)) return false;
        }
        return true;
    }

    [[nodiscard]] std::size_t entries() const { return entries_; }

    CommandOutput result;

  private:
    [[nodiscard]] bool full() const {
        return entries_ >= kMaxLogEntries || result.out.size() >= kMaxLogBytes;
    }

    bool add_folder(int parent, const std::string& name, const std::string& prefix) {
        const auto inside = open_listing(parent, name.c_str(), O_NOFOLLOW);
        if (inside) return add(inside.get(), prefix + name + "/", false);
        result.err += "lslogs: " + proc::visible_text(name) + "/ is not shown: " + why(errno) + "\n";
        return true;
    }

    void add_line(const struct stat& status, const std::string& path) {
        std::array<char, 32> size{};
        std::snprintf(size.data(), size.size(), "%12lld", static_cast<long long>(status.st_size));
        result.out += mode_text(status.st_mode) + " " + size.data() + " " + utc_text(status.st_mtime) + " " +
                      proc::visible_text(path) + "\n";
        ++entries_;
    }

    std::size_t entries_ = 0;
};

}  // namespace

CommandOutput lslogs(Sampler& sampler, std::int64_t /*now_ms*/) {
    const std::string path = sampler.root() + "/var/log";
    const auto folder = open_listing(AT_FDCWD, path.c_str(), 0);
    if (!folder) {
        return {kExitFailed, "",
                "lslogs: " + path + " cannot be listed: " + why(errno) +
                    "; check that the agent's user may read it\n"};
    }
    LogList list;
    if (!list.add(folder.get(), "", true))
        list.result.out += "... cut after " + std::to_string(list.entries()) + " entries\n";
    return std::move(list.result);
}

}  // namespace pncp::builtin
