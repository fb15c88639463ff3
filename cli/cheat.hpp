// pncp-cli cheat: short pages by task, each a few lines to copy. Pure but for printing; one thread.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace pncp::cli {

struct CheatPage {
    std::string topic;
    std::string purpose;  ///< one line, without a full stop
    /// Lines "  command" to copy, each under a line that says what it does.
    std::string text;
};

[[nodiscard]] const std::vector<CheatPage>& cheat_pages();
[[nodiscard]] std::vector<std::string> cheat_topics();

[[nodiscard]] Verb cheat_verb();
[[nodiscard]] ExitCode run_cheat(const Call& call);

}  // namespace pncp::cli
