#include "schema/program/run_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "schema/program/files.hpp"

namespace pncp {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool writable_folder(std::string_view path) { return access(std::string(path).c_str(), W_OK | X_OK) == 0; }

/// XDG says: a path that is not absolute must be ignored.
bool absolute(const std::string& path) { return !path.empty() && path[0] == '/'; }

}  // namespace

Place Place::here() {
    return {.uid = geteuid(),
            .system_run_writable = writable_folder(kSystemRunDir),
            .system_state_writable = writable_folder(kSystemStateDir),
            .xdg_runtime_dir = variable("XDG_RUNTIME_DIR"),
            .xdg_state_home = variable("XDG_STATE_HOME"),
            .home = variable("HOME"),
            .tmpdir = variable("TMPDIR")};
}

std::string choose_run_dir(const Place& place) {
    if (place.uid == 0 || place.system_run_writable) return std::string(kSystemRunDir);
    if (absolute(place.xdg_runtime_dir)) return place.xdg_runtime_dir + "/pncp";
    return (absolute(place.tmpdir) ? place.tmpdir : "/tmp") + "/pncp-" + std::to_string(place.uid);
}

Result<std::string> choose_state_dir(const Place& place) {
    if (place.uid == 0 || place.system_state_writable) return std::string(kSystemStateDir);
    if (absolute(place.xdg_state_home)) return place.xdg_state_home + "/pncp";
    if (absolute(place.home)) return place.home + "/.local/state/pncp";
    return Error{"there is no folder for state: HOME and XDG_STATE_HOME are unset",
                 "set one of them, or name the folder in the configuration"};
}

Result<std::string> prepare_run_dir(const Place& place) {
    const std::string folder = choose_run_dir(place);
    const Status made = folder == kSystemRunDir ? make_folder(folder, 0750) : make_private_folder(folder);
    if (!made) return made.error();
    return folder;
}

Result<std::string> prepare_state_dir(const Place& place) {
    const Result<std::string> folder = choose_state_dir(place);
    if (!folder) return folder;
    if (*folder == kSystemStateDir) {
        if (Status made = make_folder(*folder, 0750); !made) return made.error();
        return folder;
    }
    if (Status made = make_folder(*folder, 0700); !made) return made.error();
    if (Status proven = make_private_folder(*folder); !proven) return proven.error();
    return folder;
}

Result<std::string> socket_path(std::string_view folder, std::string_view name) {
    std::string path = std::string(folder) + "/" + std::string(name);
    if (path.size() > kSocketPathMax) {
        return Error{"the socket path " + path + " has " + std::to_string(path.size()) +
                         " characters, but Linux allows " + std::to_string(kSocketPathMax),
                     "choose a shorter folder"};
    }
    return path;
}

Result<std::string> find_socket(const Place& place, std::string_view name) {
    const std::string system = std::string(kSystemRunDir) + "/" + std::string(name);
    struct stat info {};
    if (stat(system.c_str(), &info) == 0 && S_ISSOCK(info.st_mode) && access(system.c_str(), W_OK) == 0)
        return system;
    return socket_path(choose_run_dir(place), name);
}

}  // namespace pncp
