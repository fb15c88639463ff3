#include "agent/executor/catalogue_files.hpp"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "agent/executor/catalogue_fields.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"

namespace pncp::agent {
namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;
constexpr std::size_t kFiles = 256;
/// Names, helps and argument texts of all commands, with 10 bytes each for msgpack: the list travels in one
/// frame.
constexpr std::size_t kListBytes = limits::kPageBytes;
constexpr int kGroupsMax = 64;

std::string octal(mode_t mode) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "0%o", static_cast<unsigned>(mode & 07777));
    return digits.data();
}

/// Whether only root and `self` can change what stands at `path`, which is `what` to people.
Status check_owner(const std::string& what, const std::string& path, const struct stat& info, uid_t self) {
    if (info.st_uid != 0 && info.st_uid != self)
        return Error{what + " " + path + " belongs to user " + std::to_string(info.st_uid) +
                         ", who could have this device run anything",
                     "run: chown root:root " + path};
    if ((info.st_mode & 022) != 0)
        return Error{what + " " + path + " has mode " + octal(info.st_mode) +
                         ", so others could have this device run anything",
                     "run: chmod go-w " + path};
    return Done{};
}

/// The same of every folder above `path`: who may write there could put another file in its place, unless the
/// folder is sticky (as /tmp), where nobody moves what is another's.
Status check_folders(const std::string& what, const std::string& path, uid_t self) {
    for (std::size_t end = path.rfind('/'); end != std::string::npos && !path.empty();
         end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
        const std::string folder = end == 0 ? "/" : path.substr(0, end);
        struct stat info {};
        if (stat(folder.c_str(), &info) != 0) return Done{};
        if ((info.st_mode & S_ISVTX) != 0) info.st_mode &= ~022U;
        if (Status fine = check_owner(what, folder, info, self); !fine) return fine;
    }
    return Done{};
}

Result<std::vector<std::string>> list_files(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(folder.c_str()), closedir);
    if (!listing)
        return Error{"can't read the folder of commands " + folder + ": " + std::strerror(errno),
                     "let the agent's user read it, or name another with --commands-dir"};
    std::vector<std::string> names;
    while (const dirent* entry = readdir(listing.get())) {
        const std::string name = entry->d_name;
        if (name.front() != '.' && name.ends_with(".toml")) names.push_back(folder + "/" + name);
        if (names.size() > kFiles)
            return Error{folder + " holds more than " + std::to_string(kFiles) + " files of commands",
                         "several commands may share one file"};
    }
    std::sort(names.begin(), names.end());
    return names;
}

Status find_user(CommandSpec& command, uid_t self) {
    if (command.user.empty()) return Done{};
    const std::string what = command.where + ": [" + command.name + "] user = \"" + command.user + "\" ";
    if (self != 0)
        return Error{what + "works only when the agent runs as root, and it does not",
                     "leave user out; what needs another user's rights goes over D-Bus with a polkit rule"};
    const passwd* entry = getpwnam(command.user.c_str());
    if (entry == nullptr) return Error{what + "is no user of this device", {}};
    Identity identity{entry->pw_uid, entry->pw_gid, {}};
    std::array<gid_t, kGroupsMax> groups{};
    int count = kGroupsMax;
    if (getgrouplist(command.user.c_str(), entry->pw_gid, groups.data(), &count) < 0)
        return Error{what + "is in more than " + std::to_string(kGroupsMax) + " groups", {}};
    identity.groups.assign(groups.begin(), groups.begin() + count);
    command.identity = std::move(identity);
    return Done{};
}

/// A program that is not there yet is found missing when it is sent for; one that others may change is not
/// taken.
Status check_program(const CommandSpec& command, uid_t self) {
    struct stat info {};
    if (stat(command.path.c_str(), &info) != 0) return Done{};
    const std::string what = command.where + ": [" + command.name + "] the program";
    if (!S_ISREG(info.st_mode)) return Error{what + " " + command.path + " is no file", {}};
    if (Status fine = check_owner(what, command.path, info, self); !fine) return fine;
    const std::unique_ptr<char, void (*)(void*)> resolved(realpath(command.path.c_str(), nullptr), std::free);
    const std::string real = resolved ? resolved.get() : command.path;
    // On a device whose every program is busybox, a link's name says what it does.
    if (const std::string name = real.substr(real.rfind('/') + 1); is_shell(name) && name != "busybox")
        return Error{
            what + " " + command.path + " is a shell, " + real + ", which would take arguments for orders",
            "put the lines in a file of their own that begins with #! and name that"};
    for (const std::string& path : {command.path, real})
        if (Status fine = check_folders(what + "'s folder", path, self); !fine) return fine;
    return Done{};
}

Result<CommandFile> read_one(const std::string& path, const CatalogueOptions& options) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0)
        return Error{"can't look at " + path + ": " + std::strerror(errno), {}};
    if (Status fine = check_owner("the file of commands", path, info, options.self); !fine)
        return fine.error();
    if (Status fine = check_folders("a folder above the files of commands,", path, options.self); !fine)
        return fine.error();
    auto file = read_file(path, kFileBytesMax);
    if (!file) return file.error();
    return CommandFile{path, std::move(file->text)};
}

Status check_together(const std::vector<CommandSpec>& commands) {
    if (commands.size() > limits::kCatalogueEntries)
        return Error{"more than " + std::to_string(limits::kCatalogueEntries) + " commands", {}};
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (i > 0 && commands[i].name == commands[i - 1].name)
            return Error{commands[i].where + ": [" + commands[i].name + "] is there already, at " +
                             commands[i - 1].where,
                         "rename one, or set enabled = false"};
        const CatalogueEntry entry = describe(commands[i]);
        bytes += entry.name.size() + entry.help.size() + 40;
        for (const auto& argument : entry.arguments) bytes += argument.size() + 10;
        for (const auto& tag : entry.tags) bytes += tag.size() + 10;
    }
    if (bytes > kListBytes)
        return Error{"the list of commands is longer than " + std::to_string(kListBytes) +
                         " bytes, and the broker takes it in one frame",
                     "shorten helps, enum values and patterns"};
    return Done{};
}

}  // namespace

Result<std::vector<CommandFile>> read_command_files(const CatalogueOptions& options) {
    std::vector<CommandFile> files;
    struct stat info {};
    if (stat(options.folder.c_str(), &info) != 0) {
        if (errno == ENOENT && !options.must_exist) return files;
        return Error{"can't look at the folder of commands " + options.folder + ": " + std::strerror(errno),
                     "make it, or name another with --commands-dir"};
    }
    if (Status fine = check_owner("the folder of commands", options.folder, info, options.self); !fine)
        return fine.error();
    const auto paths = list_files(options.folder);
    if (!paths) return paths.error();
    for (const auto& path : *paths) {
        auto file = read_one(path, options);
        if (!file) return file.error();
        files.push_back(*std::move(file));
    }
    return files;
}

Status check_on_device(CommandSpec& command, uid_t self) {
    if (Status fine = find_user(command, self); !fine) return fine;
    return check_program(command, self);
}

Result<std::vector<CommandSpec>> load_catalogue(const CatalogueOptions& options) {
    const auto files = read_command_files(options);
    if (!files) return files.error();
    std::vector<CommandSpec> all;
    for (const CommandFile& file : *files) {
        auto commands = parse_catalogue(file.text, file.path, options.reserved);
        if (!commands) return commands;
        for (CommandSpec& command : *commands) {
            if (!command.enabled) continue;
            if (Status fine = check_on_device(command, options.self); !fine) return fine.error();
            all.push_back(std::move(command));
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const CommandSpec& a, const CommandSpec& b) { return a.name < b.name; });
    if (Status fine = check_together(all); !fine) return fine.error();
    return all;
}

}  // namespace pncp::agent
