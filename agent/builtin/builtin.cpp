#include "agent/builtin/builtin.hpp"

#include <algorithm>
#include <array>

#include "agent/builtin/commands.hpp"
#include "agent/sampler/text.hpp"

namespace pncp {
namespace {

using Run = CommandOutput (*)(Sampler&, std::int64_t);

constexpr std::array<BuiltinCommand, 6> kCommands{{
    {"disk", "Space of the local file systems, like df"},
    {"hostname", "The device's host name"},
    {"lslogs", "Files in /var/log with mode, size and time, one level deep"},
    {"metrics", "CPU, memory, load, disk and network as JSON"},
    {"network", "Network interfaces with state, addresses and traffic"},
    {"uptime", "Time since boot, logged-in users and load"},
}};
constexpr std::array<Run, kCommands.size()> kFunctions{builtin::disk,    builtin::hostname, builtin::lslogs,
                                                       builtin::metrics, builtin::network,  builtin::uptime};

}  // namespace

std::span<const BuiltinCommand> builtin_commands() { return kCommands; }

bool is_builtin(std::string_view name) {
    return std::any_of(kCommands.begin(), kCommands.end(),
                       [&](const BuiltinCommand& each) { return each.name == name; });
}

CommandOutput run_builtin(std::string_view name, std::span<const std::string> args, Sampler& sampler,
                          std::int64_t now_ms) {
    for (std::size_t i = 0; i < kCommands.size(); ++i) {
        if (kCommands[i].name != name) continue;
        if (!args.empty()) {
            return {kExitUsage, "",
                    std::string{name} + ": takes no arguments, got '" + proc::visible_text(args.front()) +
                        "'; send it without\n"};
        }
        return kFunctions[i](sampler, now_ms);
    }
    std::string known;
    for (const auto& command : kCommands) known += (known.empty() ? "" : ", ") + std::string{command.name};
    return {kExitUnknown, "",
            "'" + proc::visible_text(name) + "' is no built-in command; there are " + known + "\n"};
}

}  // namespace pncp
