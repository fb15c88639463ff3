// pncp-cli enroll: a key for a device, and the one line that places it there. The secret goes through pipes
// and files of mode 0700, never into a process's arguments. One thread.
#pragma once

#include <string>

#include "cli/verbs.hpp"
#include "schema/key_file.hpp"

namespace pncp::cli {

[[nodiscard]] Verb enroll_verb();
[[nodiscard]] ExitCode run_enroll(const Call& call);

/// What of a key file a device needs, in its form: neither comment nor the endpoints of others.
[[nodiscard]] std::string device_key_text(const KeyFile& file);

/// One line for any POSIX shell on the device: ` printf '%s\n' 'role = agent' … | sudo pncp-enroll`. printf
/// is part of the shell, so no process gets the key as argument; the space at the beginning keeps the line
/// out of bash's history as Debian sets it up.
[[nodiscard]] std::string enroll_line(const std::string& key_text);

/// The same as a file for `sudo sh FILE`.
[[nodiscard]] std::string enroll_script(const std::string& id, const std::string& key_text);

/// `endpoint` with another host: "tcp://controller:17471" and "10.0.0.2" give "tcp://10.0.0.2:17471".
[[nodiscard]] std::string with_host(const std::string& endpoint, const std::string& host);

/// "pi@host", "host", "ssh-config-name": no option in disguise, nothing that a shell would take apart.
[[nodiscard]] bool valid_ssh_target(std::string_view target);

}  // namespace pncp::cli
