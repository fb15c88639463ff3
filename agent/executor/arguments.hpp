// From what an operator gave to the words a program is started with. The device's last word: whatever comes
// through here is one whole argument that begins with no '-', or part of one that the catalogue began. Pure;
// thread-safe.
#pragma once

#include <string>
#include <vector>

#include "agent/executor/catalogue.hpp"

namespace pncp::agent {

/// argv for `command`, its path first; the error says which argument is not allowed and what would be. Values
/// of secret slots are in no error.
[[nodiscard]] Result<std::vector<std::string>> make_argv(const CommandSpec& command,
                                                         const std::vector<std::string>& given);

/// Those of the values that nobody may see afterwards, the longest first.
[[nodiscard]] std::vector<std::string> secret_values(const CommandSpec& command,
                                                     const std::vector<std::string>& given);

/// Puts `*` in the place of every such value, and of one that the end of `text` cuts off: programs repeat
/// what they were given in their errors. The text grows by nothing.
void redact(std::string& text, const std::vector<std::string>& secrets);

/// Whether `value` fits the slot: the error completes "VALUE ...".
[[nodiscard]] Status check_value(const Slot& slot, const std::string& value);

}  // namespace pncp::agent
