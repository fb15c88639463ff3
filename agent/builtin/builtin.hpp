// The six commands that every agent has without configuration. They run inside the agent: no shell, no
// subprocess, nothing that waits. They only read. One thread, that of the sampler; results own their memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pncp {

class Sampler;

struct BuiltinCommand {
    std::string_view name;
    std::string_view help;  ///< one line, for people
};

/// The built-in commands, sorted by name.
[[nodiscard]] std::span<const BuiltinCommand> builtin_commands();

[[nodiscard]] bool is_builtin(std::string_view name);

/// What a command left behind: as with a subprocess, 0 is success, and `err` is for people.
struct CommandOutput {
    int exit_code = 0;
    std::string out;
    std::string err;
};

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnknown = 127;

/// Runs a built-in command on the machine (or the recorded tree) that `sampler` reads. They take no
/// arguments: any is refused with kExitUsage. A name that is not in builtin_commands() gives kExitUnknown.
/// `now_ms` as for the sampler.
[[nodiscard]] CommandOutput run_builtin(std::string_view name, std::span<const std::string> args,
                                        Sampler& sampler, std::int64_t now_ms);

}  // namespace pncp
