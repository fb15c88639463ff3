// What may stand at the cursor: verbs, options, their values, agents, commands and their arguments, from the
// same table as --help and from what is known of the fleet. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/word_cache.hpp"
#include "schema/program/setting.hpp"

namespace pncp::cli {

struct Candidate {
    std::string text;
    std::string help = {};
    bool operator==(const Candidate&) const = default;
};

/// Files or folders are the shell's to complete.
enum class PathKind : std::uint8_t { none, file, folder };

struct Completion {
    std::vector<Candidate> candidates = {};
    PathKind paths = PathKind::none;
};

/// The names that only the caller can know.
struct Vocabulary {
    KnownWords fleet = {};
    std::vector<std::string> contexts = {};
    std::vector<std::string> topics = {};
};

/// `words` are those after the program's name, as typed (with quotes); the last one is the word at the
/// cursor, up to it, and may be empty. Candidates are whole words without quotes, each beginning with that
/// word.
[[nodiscard]] Completion complete(const Program& program, std::span<const std::string> words,
                                  const Vocabulary& vocabulary);

/// The values of options that stand in the line, by key, for choosing the broker whose words are wanted.
[[nodiscard]] std::map<std::string, std::string> options_in(const Program& program,
                                                            std::span<const std::string> words);

}  // namespace pncp::cli
