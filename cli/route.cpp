#include "cli/route.hpp"

#include <unistd.h>

#include <cerrno>

#include "schema/program/files.hpp"

namespace pncp::cli {
namespace {

/// The group pncp may read it; nobody else, and only the owner may write.
constexpr unsigned kNotForOthers = 027U;

std::variant<std::string, Failure> run_folder(const Settings& settings, const Place& place) {
    if (const std::string& set = settings.text("run_dir"); !set.empty()) return set;
    const auto socket = find_socket(place, kControlSocketName);
    if (!socket) return Failure{ExitCode::configuration, socket.error()};
    return socket->substr(0, socket->rfind('/'));
}

/// In the system's folder the key belongs to the service's user, and the folder's own permissions vouch for
/// it; in any other folder it must be ours (or root's), as any secret.
Result<Bytes> read_local_key(const std::string& folder, const std::string& path) {
    if (folder != kSystemRunDir) return read_secret_file(path, {.group_may_read = true});
    const auto file = read_file(path, kSecretFileBytesMax);
    if (!file) return file.error();
    if ((file->mode & kNotForOthers) != 0)
        return Error{path + " is open to others, so it is no secret any more",
                     "restart pncp-broker to have it made anew"};
    return to_bytes(view(file->text));
}

std::variant<KeyFile, Failure> parsed_key(const std::string& path, Result<Bytes> bytes) {
    if (!bytes) return Failure{ExitCode::configuration, bytes.error()};
    auto key = parse_key_file(text_view(*bytes));
    wipe(*bytes);
    if (!key) return Failure{ExitCode::configuration, {path + ": " + key.error().message, key.error().next}};
    if (key->peer.role != Role::operator_) {
        return Failure{ExitCode::configuration,
                       {path + " is the key of " + std::string(role_name(key->peer.role)) + " " +
                            key->peer.id + ", but pncp-cli speaks for an operator",
                        "make an operator's with: pncp-cli key issue NAME --role operator"}};
    }
    return std::move(*key);
}

/// True if something is there but this user may not come near it.
bool closed_to_us(const std::string& path) { return access(path.c_str(), R_OK) != 0 && errno == EACCES; }

std::variant<KeyFile, Failure> local_key(const std::string& folder, bool chosen) {
    const std::string path = folder + "/" + kLocalKeyName;
    if (path_exists(path) && !closed_to_us(path)) return parsed_key(path, read_local_key(folder, path));
    if (closed_to_us(path)) return no_local_key(folder, true);
    // A system broker's folder that lets us not even look looks like none, and then our own one was chosen.
    const std::string system(kSystemRunDir);
    if (!chosen && closed_to_us(system + "/" + kLocalKeyName)) return no_local_key(system, true);
    return no_local_key(folder, false);
}

}  // namespace

Failure no_local_key(const std::string& folder, bool closed) {
    if (closed) {
        return {ExitCode::broker_unreachable,
                {"cannot reach the broker: " + folder + " is closed to this user",
                 "join the group pncp (sudo usermod -aG pncp NAME) and log in again"}};
    }
    return {ExitCode::broker_unreachable,
            {"cannot reach the broker: there is no " + folder + "/" + kLocalKeyName,
             "is pncp-broker running? Start it with: systemctl start pncp-broker (or pncp-broker), or name a "
             "remote "
             "one's key with --key-file"}};
}

std::variant<Route, Failure> choose_route(const Settings& settings, const Place& place) {
    auto folder = run_folder(settings, place);
    if (auto* failure = std::get_if<Failure>(&folder)) return std::move(*failure);
    const std::string& key_file = settings.text("key_file");
    auto key = key_file.empty() ? local_key(std::get<0>(folder), settings.is_set("run_dir"))
                                : parsed_key(key_file, read_secret_file(key_file, {.group_may_read = true}));
    if (auto* failure = std::get_if<Failure>(&key)) return std::move(*failure);
    Route route{std::move(std::get<KeyFile>(key)), settings.text("broker.control")};
    if (route.endpoint.empty() && !key_file.empty()) route.endpoint = route.key.control;
    if (!route.endpoint.empty()) return route;
    const auto socket = socket_path(std::get<0>(folder), kControlSocketName);
    if (!socket) return Failure{ExitCode::configuration, socket.error()};
    route.endpoint = "ipc://" + *socket;
    return route;
}

}  // namespace pncp::cli
