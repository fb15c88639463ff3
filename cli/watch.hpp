// pncp-cli watch TOPIC...: events as they come. One thread.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace pncp::cli {

[[nodiscard]] Verb watch_verb();
[[nodiscard]] ExitCode run_watch(const Call& call);

/// What a word on the command line means as a beginning of topics: "status" and "status/" all of a class,
/// "metrics/pi-1" that name only (it gets the separator, so that pi-10 is not meant), "metrics/pi-*" all
/// names that begin so; "" = everything. nullopt when no topic can begin so.
[[nodiscard]] std::optional<std::string> topic_prefix(const std::string& word);

/// What all of them begin with.
[[nodiscard]] std::string common_prefix(const std::vector<std::string>& prefixes);

}  // namespace pncp::cli
