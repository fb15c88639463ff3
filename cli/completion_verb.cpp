#include "cli/completion_verb.hpp"

#include <algorithm>

#include "cli/cheat.hpp"
#include "cli/complete.hpp"
#include "cli/contexts.hpp"
#include "cli/program.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

/// The scripts know nothing: they hand the words over and show the answer, so that they never fall behind.
/// Bash cuts words at = and : as well, so they are put together again from the line, and of a candidate only
/// what follows the cut is given back.
constexpr std::string_view kBash = R"SH(# bash completion of pncp-cli
_pncp_cli() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word blank i found help text cut
    for ((i = 0; i < COMP_CWORD; i++)); do
        blank=${line%%[![:space:]]*} line=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]} line=${line#"${COMP_WORDS[i]}"}
        if [[ $i -eq 0 || -n $blank ]]; then words+=("$word"); else words[${#words[@]} - 1]+=$word; fi
    done
    word=${line#"${line%%[![:space:]]*}"}
    cut=''
    if [[ -n ${line%%[![:space:]]*} || ${#words[@]} -eq 0 ]]; then
        words+=("$word")
    else
        cut=${words[${#words[@]} - 1]}
        # The cut itself is a word of its own when nothing follows it.
        if [[ ${COMP_WORDS[COMP_CWORD]} == [=:]* ]]; then cut+=$word; fi
        words[${#words[@]} - 1]+=$word
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r found help; do
        case $found in
            :files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames ;;
            :folders) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word") && compopt -o filenames ;;
            *)
                text=${found#"$cut"}
                COMPREPLY+=("$text")
                ;;
        esac
    done < <("${words[0]}" completion words -- "${words[@]:1}" 2>/dev/null)
}
complete -o nosort -F _pncp_cli pncp-cli
)SH";

constexpr std::string_view kZsh = R"SH(#compdef pncp-cli
# zsh completion of pncp-cli
_pncp_cli() {
    local line text
    local -a texts shown
    "${(Q)words[1]}" completion words -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null | while IFS= read -r line; do
        text=${line%%$'\t'*}
        case $text in
            :files) _files ;;
            :folders) _files -/ ;;
            *)
                texts+=("$text")
                if [[ $line == *$'\t'?* ]]; then shown+=("$text  -- ${line#*$'\t'}"); else shown+=("$text"); fi
                ;;
        esac
    done
    (( ${#texts} )) && compadd -o nosort -l -d shown -a texts
}
# Of a file in fpath this is the function that is called; by eval there is none.
if [[ ${funcstack[1]} == _pncp-cli ]]; then _pncp_cli "$@"; else compdef _pncp_cli pncp-cli; fi
)SH";

/// The help that a menu has room for.
std::string first_sentence(const std::string& help) {
    const auto end = help.find(". ");
    std::string text = end == std::string::npos ? help : help.substr(0, end);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

/// The settings as the unfinished line would have them, as far as they choose the broker.
Settings settings_of(const Call& call, std::span<const std::string> words) {
    Settings settings = call.settings;
    for (const auto& [key, value] : options_in(cli_program(), words)) {
        const auto& choosers = context_keys();
        if (key == "context" || std::find(choosers.begin(), choosers.end(), key) != choosers.end())
            static_cast<void>(settings.set(key, value, "--" + key));
    }
    static_cast<void>(apply_context(settings, call.world.config_home));
    return settings;
}

ExitCode print_words(const Call& call) {
    std::span<const std::string> words = std::span(call.words).subspan(1);
    if (!words.empty() && words.front() == "--") words = words.subspan(1);
    Vocabulary vocabulary;
    vocabulary.fleet = known_words(call.world.cache_home, settings_of(call, words));
    const std::int64_t oldest_us = call.world.wall_us() - kKnownJobUs;
    std::erase_if(vocabulary.fleet.jobs, [&](const KnownJob& job) { return job.time_us < oldest_us; });
    vocabulary.contexts.emplace_back(kLocalContext);
    if (const auto contexts = read_contexts(call.world.config_home)) {
        for (std::string& name : contexts->names()) vocabulary.contexts.push_back(std::move(name));
    }
    vocabulary.topics = cheat_topics();
    const Completion found = complete(cli_program(), words, vocabulary);
    std::string text;
    for (const Candidate& each : found.candidates)
        text += each.text + "\t" + escape_controls(first_sentence(each.help)) + "\n";
    if (found.paths == PathKind::file) text += ":files\n";
    if (found.paths == PathKind::folder) text += ":folders\n";
    call.world.console.out(text);
    return ExitCode::ok;
}

}  // namespace

Verb completion_verb() {
    Verb verb;
    verb.name = "completion";
    verb.purpose = "Print the script that completes words in bash or zsh";
    verb.usage = "bash | zsh | words [WORD...]";
    verb.stop_at_positional = true;
    verb.details =
        "Debian's package installs both scripts. Names of agents, tags and commands, and the jobs of the\n"
        "last day, come from what `agents`, `commands`, `send` and `jobs` showed last; nothing waits for\n"
        "the network. `words` is what the scripts ask: what may stand in place of the last WORD.\n\n"
        "Examples:\n"
        "  pncp-cli completion bash\n"
        "  pncp-cli completion words -- send --to pi-";
    return verb;
}

ExitCode run_completion(const Call& call) {
    const std::string shell = call.words.empty() ? "" : call.words.front();
    if (shell == "words") return print_words(call);
    if (shell == "bash" || shell == "zsh") {
        if (call.words.size() > 1)
            return usage_error(call, "completion", "unexpected word " + escape_controls(call.words[1]));
        call.world.console.out(shell == "bash" ? kBash : kZsh);
        return ExitCode::ok;
    }
    if (shell.empty()) return usage_error(call, "completion", "bash or zsh?");
    const std::vector<std::string> known{"bash", "zsh", "words"};
    return usage_error(call, "completion",
                       "there is no completion for " + escape_controls(shell) + did_you_mean(shell, known));
}

}  // namespace pncp::cli
