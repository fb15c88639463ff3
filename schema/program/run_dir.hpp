// Where sockets and state live. Choosing is pure (the surroundings are an argument); preparing touches the
// disk. Thread rule: any thread, at start-up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/result.hpp"

namespace pncp {

/// What the choice depends on. Empty text means the variable is unset.
struct Place {
    unsigned uid = 0;
    /// Whether this process may write the folders that services use.
    bool system_run_writable = false;
    bool system_state_writable = false;
    std::string xdg_runtime_dir = {};
    std::string xdg_state_home = {};
    std::string home = {};
    std::string tmpdir = {};

    /// As this process finds it.
    [[nodiscard]] static Place here();
};

inline constexpr std::string_view kSystemRunDir = "/run/pncp";
inline constexpr std::string_view kSystemStateDir = "/var/lib/pncp";

/// Linux's sockaddr_un holds 108 bytes with the terminator.
inline constexpr std::size_t kSocketPathMax = 107;

/// /run/pncp for root or who may write there; else $XDG_RUNTIME_DIR/pncp; else pncp-UID in the temporary
/// folder.
[[nodiscard]] std::string choose_run_dir(const Place& place);

/// /var/lib/pncp for root or who may write there; else $XDG_STATE_HOME/pncp; else ~/.local/state/pncp. An
/// error if the user has no home.
[[nodiscard]] Result<std::string> choose_state_dir(const Place& place);

/// Chooses and makes the folder: 0750 in /run (the group may use the control socket), 0700 and proven ours
/// elsewhere.
[[nodiscard]] Result<std::string> prepare_run_dir(const Place& place);
[[nodiscard]] Result<std::string> prepare_state_dir(const Place& place);

/// `folder/name`, or an error that says by how much it is too long for a socket.
[[nodiscard]] Result<std::string> socket_path(std::string_view folder, std::string_view name);

/// For a client: the path of the socket `name` that a broker here made: the system's if we may use it, else
/// our own (which may not exist: the connection will then say so).
[[nodiscard]] Result<std::string> find_socket(const Place& place, std::string_view name);

}  // namespace pncp
