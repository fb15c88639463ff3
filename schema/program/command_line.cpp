// The only file that sees cxxopts. Which words are options and which are positionals is decided here, because
// cxxopts can't stop at the first positional; the options proper are then parsed by cxxopts.
#include "schema/program/command_line.hpp"

#include <algorithm>
#include <cxxopts.hpp>
#include <string_view>

#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp {
namespace {

struct Option {
    std::string name;
    char letter = '\0';
    bool takes_value = false;
    const Setting* setting = nullptr;
};

std::vector<Option> built_in_options() {
    return {
        {"help", 'h'}, {"version", 'V'}, {"config", '\0', true}, {"check-config"}, {"help-man", '\0', true}};
}

void add_options(const std::vector<Setting>& settings, std::vector<Option>& options) {
    for (const Setting& each : settings) {
        if (each.secret) continue;
        options.push_back({flag_name(each), each.letter, each.kind != Kind::flag, &each});
    }
}

const Option* find(const std::vector<Option>& options, std::string_view name) {
    const auto at =
        std::find_if(options.begin(), options.end(), [&](const Option& each) { return each.name == name; });
    return at == options.end() ? nullptr : &*at;
}

const Option* find(const std::vector<Option>& options, char letter) {
    const auto at = std::find_if(options.begin(), options.end(),
                                 [&](const Option& each) { return each.letter == letter; });
    return at == options.end() ? nullptr : &*at;
}

Error unknown_option(const Program& program, const std::vector<Option>& options, std::string_view name) {
    for (const Setting& each : program.settings) {
        if (!each.secret || flag_name(each) != name) continue;
        return Error{
            "--" + std::string(name) + " is not an option: everybody on the machine can read command lines",
            "put " + each.key + " into the configuration file or " + variable_name(each) +
                " into the environment or .env"};
    }
    std::vector<std::string> names;
    for (const Option& each : options) {
        if (each.name != "help-man") names.push_back("--" + each.name);
    }
    const std::string shown = "--" + std::string(name);
    return Error{"unknown option " + escape_controls(shown) + did_you_mean(shown, names), {}};
}

/// A stretch of the command line, sorted into options (as expand() writes them) and the rest.
struct Words {
    std::vector<std::string> options;
    std::vector<std::string> positionals;
};

using Arguments = std::span<const char* const>;

/// Appends the options in `word` to `out`, each as "--name" or "--name=value", which cxxopts takes whatever
/// the value is (it refuses -tpi-1,pi-2). True if the last of them still lacks its value, which is the next
/// argument.
Result<bool> expand(const Program& program, const std::vector<Option>& options, std::string_view word,
                    std::vector<std::string>& out) {
    if (word.starts_with("--")) {
        const auto equals = word.find('=');
        const std::string_view name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
        const Option* option = find(options, name);
        if (option == nullptr) return unknown_option(program, options, name);
        out.emplace_back(word);
        return option->takes_value && equals == std::string_view::npos;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
        const Option* option = find(options, word[i]);
        if (option == nullptr) {
            return Error{"unknown option -" + escape_controls(word.substr(i, 1)),
                         "put -- before words that begin with a dash but are no options"};
        }
        out.push_back("--" + option->name);
        if (!option->takes_value) continue;
        if (i + 1 == word.size()) return true;
        out.back() += "=" + std::string(word.substr(i + 1));
        break;
    }
    return false;
}

/// Sorts the words. With `stop`, all words from the first positional on are positionals.
Result<Words> sort_words(const Program& program, const std::vector<Option>& options, Arguments arguments,
                         bool stop) {
    Words words;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        const bool ended = word == "--";
        const bool positional = word.size() < 2 || word[0] != '-';
        if (ended || (positional && stop)) {
            for (const char* each : arguments.subspan(ended ? i + 1 : i))
                words.positionals.emplace_back(each);
            break;
        }
        if (positional) {
            words.positionals.emplace_back(word);
            continue;
        }
        const Result<bool> lacks_value = expand(program, options, word, words.options);
        if (!lacks_value) return lacks_value.error();
        if (!*lacks_value) continue;
        if (++i == arguments.size()) return Error{std::string(word) + " needs a value", {}};
        words.options.back() += "=" + std::string(arguments[i]);
    }
    return words;
}

Status parse_options(const Program& program, const std::vector<Option>& options,
                     const std::vector<std::string>& words, CommandLine& line) {
    std::vector<const char*> argv{program.name.c_str()};
    for (const std::string& word : words) argv.push_back(word.c_str());
    try {
        cxxopts::Options parser(program.name);
        auto add = parser.add_options();
        for (const Option& each : options) {
            const std::string names =
                (each.letter == '\0' ? "" : std::string(1, each.letter) + ",") + each.name;
            auto value = cxxopts::value<std::string>();
            // A flag is text as well, so that --flag=nonsense is refused in our words.
            if (!each.takes_value) value->implicit_value("true");
            add(names, "", value);
        }
        const auto result = parser.parse(static_cast<int>(argv.size()), argv.data());
        for (const auto& given : result.arguments()) {
            const Option* option = find(options, given.key());
            if (option->setting != nullptr) {
                line.given.emplace_back(option->setting, given.value());
            } else if (option->name == "config") {
                line.config = given.value();
            } else if (option->name == "help-man") {
                line.manual = given.value();
            } else {
                line.help |= option->name == "help";
                line.version |= option->name == "version";
                line.check_config |= option->name == "check-config";
            }
        }
    } catch (const cxxopts::exceptions::exception& error) {
        return Error{"the options can't be understood (" + escape_controls(error.what()) + ")", {}};
    }
    return Done{};
}

Result<const Verb*> find_verb(const Program& program, const std::string& name) {
    std::vector<std::string> names;
    for (const Verb& each : program.verbs) {
        if (each.name == name) return &each;
        names.push_back(each.name);
    }
    const std::string shown = escape_controls(name);
    const std::string like = did_you_mean(name, names);
    const bool hint = like.empty() && !program.no_verb.empty();
    return Error{"unknown command " + shown + like, hint ? program.no_verb + shown : std::string()};
}

Status check_positionals(const CommandLine& line, std::size_t max_positionals) {
    if (line.positionals.size() <= max_positionals) return Done{};
    return Error{"unexpected word " + escape_controls(line.positionals[max_positionals]), {}};
}

}  // namespace

Result<CommandLine> parse_command_line(const Program& program, Arguments arguments) {
    std::vector<Option> options = built_in_options();
    add_options(program.settings, options);
    const bool has_verbs = !program.verbs.empty();
    auto words = sort_words(program, options, arguments, has_verbs);
    if (!words) return words.error();

    CommandLine line;
    std::size_t max_positionals = has_verbs ? 0 : program.max_positionals;
    if (has_verbs && !words->positionals.empty()) {
        const auto verb = find_verb(program, words->positionals[0]);
        if (!verb) return verb.error();
        line.verb = *verb;
        max_positionals = line.verb->max_positionals;
        add_options(line.verb->settings, options);
        const std::size_t after = arguments.size() - words->positionals.size() + 1;
        auto more = sort_words(program, options, arguments.subspan(after), line.verb->stop_at_positional);
        if (!more) return more.error();
        words->options.insert(words->options.end(), more->options.begin(), more->options.end());
        words->positionals = std::move(more->positionals);
    }
    line.positionals = std::move(words->positionals);
    if (Status parsed = parse_options(program, options, words->options, line); !parsed) return parsed.error();
    if (line.help || line.version || !line.manual.empty()) return line;
    if (Status few = check_positionals(line, max_positionals); !few) return few.error();
    if (has_verbs && line.verb == nullptr && !line.check_config) return Error{"which command?", {}};
    return line;
}

}  // namespace pncp
