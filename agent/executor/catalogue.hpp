// The whitelist of commands beyond the built-in ones: what a file of /etc/pncp/commands.d may say, read and
// checked. Pure, and no trace of toml++; thread-safe. catalogue_files.hpp reads the folder.
//
//     [journal-tail]                                     # one table a command, any number in a file
//     help = "Last lines of one unit's journal"
//     path = "/usr/bin/journalctl"                       # absolute; never a shell
//     arguments = ["--no-pager", "--lines={lines}", "--unit={unit}"]
//     timeout = "10s"                                    # optional from here on
//     output = "32KiB"
//     memory = "256MiB"
//     user = "nobody"                                    # only when the agent is root
//     tags = ["danger"]
//     enabled = true
//     [[journal-tail.slot]]                              # in the order in which operators give them
//     name = "lines"
//     type = "int"                                       # min, max
//     min = 1
//     max = 1000
//     [[journal-tail.slot]]
//     name = "unit"
//     type = "regex"                                     # pattern, max_bytes; or type = "enum", values
//     pattern = '[a-z0-9@.-]+\.service'
//     secret = false
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/limits.hpp"
#include "schema/messages.hpp"
#include "schema/result.hpp"

namespace pncp::agent {

/// One value that the operator gives.
struct Slot {
    enum class Type : std::uint8_t { integer, choice, pattern };
    std::string name;
    Type type = Type::integer;
    std::int64_t min = 0;  ///< inclusive; never below 0, as a value never begins with '-'
    std::int64_t max = 0;
    std::vector<std::string> values;
    std::string pattern;
    std::size_t max_bytes = 128;  ///< of a value for `pattern`
    bool secret = false;          ///< its value is in no message; the broker leaves it out of feed and log
};

/// A piece of an argument: fixed text, or the value of a slot.
struct Part {
    std::string text;
    std::optional<std::size_t> slot;  ///< index in CommandSpec::slots
};

/// Whom a command runs as, when not as the agent.
struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

struct CommandSpec {
    /// Address space of each process. Much smaller ones fail to start on 64 bits.
    static constexpr std::int64_t kMemoryBytes = 1024LL * 1024 * 1024;

    std::string name;
    std::string where;  ///< "file:line", for messages
    std::string help;
    std::string path;
    std::vector<std::vector<Part>> arguments;
    std::vector<Slot> slots;
    std::vector<std::string> tags;
    std::int64_t timeout_ms = limits::kCommandTimeoutMs;  ///< the most; an operator may ask for less
    std::size_t output_bytes = limits::kCommandOutputBytes;
    std::int64_t memory_bytes = kMemoryBytes;
    std::string user;  ///< "" = the agent's own
    std::optional<Identity> identity;
    bool enabled = true;
};

/// All commands of one file, those that are not enabled too. The error names file, line and what would have
/// been right. `reserved`: names that are taken, such as those of the built-in commands.
[[nodiscard]] Result<std::vector<CommandSpec>> parse_catalogue(std::string_view text, const std::string& file,
                                                               const std::vector<std::string>& reserved);

/// What the broker is told: "lines: 1..1000", "unit: ssh.service|cron.service", "name: /[a-z]+/ (secret)".
[[nodiscard]] CatalogueEntry describe(const CommandSpec& command);

}  // namespace pncp::agent
