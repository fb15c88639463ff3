// The folder of command files, with the question who could have written them. Start-up only; main's thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/executor/catalogue.hpp"

namespace pncp::agent {

struct CatalogueOptions {
    std::string folder;
    /// False: a folder that does not exist is one without files.
    bool must_exist = false;
    /// Names that are taken.
    std::vector<std::string> reserved;
    /// Who the agent runs as: owns the files, or else root does. An argument, so that tests can be somebody.
    uid_t self = 0;
};

struct CommandFile {
    std::string path;
    std::string text;
};

/// All *.toml files of the folder, in order of their names. They and the folder must belong to root or the
/// agent's user, and be writable by nobody else.
[[nodiscard]] Result<std::vector<CommandFile>> read_command_files(const CatalogueOptions& options);

/// Looks up the user that it runs as, and whether others may change its program.
[[nodiscard]] Status check_on_device(CommandSpec& command, uid_t self);

/// The commands of all *.toml files in the folder that are enabled, sorted by name. Files, the folder itself
/// and the programs they name must belong to root or the agent's user, and be writable by nobody else. The
/// users that commands run as are looked up here.
[[nodiscard]] Result<std::vector<CommandSpec>> load_catalogue(const CatalogueOptions& options);

}  // namespace pncp::agent
