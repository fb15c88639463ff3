#include "cli/complete.hpp"

#include <algorithm>
#include <string_view>

#include "schema/event.hpp"

namespace pncp::cli {
namespace {

/// A word as the shell would hand it over. Only what people type into a line is undone: quotes and
/// backslashes.
std::string unquoted(std::string_view word) {
    std::string out;
    char quote = '\0';
    for (std::size_t i = 0; i < word.size(); ++i) {
        const char letter = word[i];
        if (quote == '\0' && (letter == '\'' || letter == '"')) {
            quote = letter;
        } else if (letter == quote) {
            quote = '\0';
        } else if (letter == '\\' && quote != '\'' && i + 1 < word.size()) {
            out += word[++i];
        } else {
            out += letter;
        }
    }
    return out;
}

/// "--help" and its like, which stand in no table.
const std::vector<Setting>& everywhere() {
    static const std::vector<Setting> settings{
        {.key = "config", .help = "Read this configuration file.", .value_name = "FILE"},
        {.key = "check_config", .kind = Kind::flag, .help = "Say what is wrong with the configuration."},
        {.key = "help", .kind = Kind::flag, .help = "Print help.", .letter = 'h'},
        {.key = "version", .kind = Kind::flag, .help = "Print the version.", .letter = 'V'}};
    return settings;
}

/// The line before the cursor, sorted as command_line.cpp would.
struct Line {
    const Verb* verb = nullptr;
    std::vector<std::string> positionals = {};
    std::map<std::string, std::string> given = {};
    /// The option whose value stands at the cursor.
    const Setting* awaits = nullptr;
    bool options_ended = false;
};

class Reader {
  public:
    Reader(const Program& program, Line& line) : program_(program), line_(line) {}

    void take(const std::string& word) {
        if (line_.awaits != nullptr) {
            line_.given[line_.awaits->key] = word;
            line_.awaits = nullptr;
            return;
        }
        if (line_.options_ended || word.size() < 2 || word.front() != '-') return positional(word);
        if (word == "--") {
            line_.options_ended = true;
            return;
        }
        option(word);
    }

    [[nodiscard]] const Setting* find(std::string_view name) const {
        const Setting* found = nullptr;
        each([&](const Setting& setting) {
            const bool letter = name.size() == 1 && setting.letter == name.front();
            if (letter || flag_name(setting) == name) found = &setting;
        });
        return found;
    }

    template <typename Take>
    void each(Take&& take) const {
        if (line_.verb != nullptr)
            std::for_each(line_.verb->settings.begin(), line_.verb->settings.end(), take);
        std::for_each(program_.settings.begin(), program_.settings.end(), [&](const Setting& setting) {
            if (!setting.secret) take(setting);
        });
        std::for_each(everywhere().begin(), everywhere().end(), take);
    }

  private:
    void positional(const std::string& word) {
        if (line_.verb != nullptr) {
            line_.positionals.push_back(word);
            line_.options_ended |= line_.verb->stop_at_positional;
            return;
        }
        for (const Verb& verb : program_.verbs) {
            if (verb.name == word) line_.verb = &verb;
        }
    }

    void option(const std::string& word) {
        const auto equals = word.find('=');
        if (word.starts_with("--")) {
            const Setting* setting = find(std::string_view(word).substr(2, equals - 2));
            if (setting == nullptr) return;
            if (equals != std::string::npos)
                line_.given[setting->key] = word.substr(equals + 1);
            else if (setting->kind != Kind::flag)
                line_.awaits = setting;
            return;
        }
        for (std::size_t i = 1; i < word.size(); ++i) {
            const Setting* setting = find(std::string_view(word).substr(i, 1));
            if (setting == nullptr) return;
            if (setting->kind == Kind::flag) continue;
            if (i + 1 == word.size())
                line_.awaits = setting;
            else
                line_.given[setting->key] = word.substr(i + 1);
            return;
        }
    }

    const Program& program_;
    Line& line_;
};

/// "init | issue ID | show FILE" as {{"init"}, {"issue", "ID"}, …}; bars inside a word or brackets stay.
std::vector<std::vector<std::string>> alternatives(std::string_view usage) {
    std::vector<std::vector<std::string>> all(1);
    while (!usage.empty()) {
        const auto space = usage.find(' ');
        std::string word(usage.substr(0, space));
        usage = space == std::string_view::npos ? std::string_view{} : usage.substr(space + 1);
        if (word == "|")
            all.emplace_back();
        else if (!word.empty())
            all.back().push_back(std::move(word));
    }
    return all;
}

/// A word of the usage line that is typed as it stands: "issue", but not "ID" and not "[OPTION...]".
bool literal(std::string_view word) { return !word.empty() && word.front() >= 'a' && word.front() <= 'z'; }

/// "ID" of "[ID...]".
std::string operand_name(std::string_view word) {
    std::string name;
    for (const char letter : word) {
        if (letter >= 'A' && letter <= 'Z') name += letter;
    }
    return name;
}

class Finder {
  public:
    Finder(const Program& program, const Vocabulary& vocabulary, std::string current)
        : program_(program), known_(vocabulary), current_(std::move(current)) {}

    Completion run(const Line& line, const Reader& reader) {
        const auto equals = current_.find('=');
        if (line.awaits != nullptr) {
            value(*line.awaits, "");
        } else if (line.options_ended || !current_.starts_with("-")) {
            positional(line);
        } else if (current_.starts_with("--") && equals != std::string::npos) {
            const Setting* setting = reader.find(std::string_view(current_).substr(2, equals - 2));
            if (setting != nullptr) value(*setting, current_.substr(0, equals + 1));
        } else {
            reader.each([&](const Setting& each) {
                if (line.given.contains(each.key) && each.kind != Kind::list) return;
                const bool waits = each.kind != Kind::flag;
                offer("--" + flag_name(each), each.help + (waits ? " (" + value_name(each) + ")" : ""));
            });
        }
        return std::move(found_);
    }

  private:
    void offer(const std::string& text, const std::string& help = {}) {
        if (!text.starts_with(current_)) return;
        const bool there = std::any_of(found_.candidates.begin(), found_.candidates.end(),
                                       [&](const Candidate& each) { return each.text == text; });
        if (!there) found_.candidates.push_back({text, help});
    }

    /// `before` is "--name=" when name and value are one word.
    void value(const Setting& setting, const std::string& before) {
        for (const std::string& choice : setting.choices) offer(before + choice);
        const std::string name = value_name(setting);
        if (setting.key == "context") return contexts(before);
        if (name == "FILE" || name == "SOCKET") found_.paths = PathKind::file;
        if (name == "FOLDER") found_.paths = PathKind::folder;
        if (name == "EXPRESSION") return expression(before);
        if (name.starts_with("NAME") || name.starts_with("AGENT") || setting.key == "agent")
            return expression(before);
        if (name == "COMMAND") return commands(before);
    }

    /// The last name of an expression: what follows the last operator.
    void expression(const std::string& before) {
        const auto at = current_.find_last_of(",&!(");
        const std::size_t start = at == std::string::npos ? before.size() : std::max(at + 1, before.size());
        if (start > current_.size()) return;
        const std::string head = current_.substr(0, start);
        for (const std::string& agent : known_.fleet.agents) offer(head + agent);
        for (const std::string& tag : known_.fleet.tags) offer(head + tag);
    }

    void contexts(const std::string& before) {
        for (const std::string& each : known_.contexts) offer(before + each);
    }

    void commands(const std::string& before) {
        for (const CommandRow& each : known_.fleet.commands) offer(before + each.name, each.help);
    }

    /// Slots come as "unit: ssh.service|cron.service", "lines: 1..1000" or "name: /regex/".
    void argument(const std::string& command, std::size_t position) {
        for (const CommandRow& each : known_.fleet.commands) {
            if (each.name != command || position >= each.arguments.size()) continue;
            std::string_view slot = each.arguments[position];
            const auto colon = slot.find(": ");
            if (colon == std::string_view::npos) return;
            const std::string name(slot.substr(0, colon));
            slot.remove_prefix(colon + 2);
            if (slot.starts_with("/") || slot.find("..") != std::string_view::npos) return;
            while (!slot.empty()) {
                const auto bar = slot.find('|');
                offer(std::string(slot.substr(0, bar)), name);
                slot = bar == std::string_view::npos ? std::string_view{} : slot.substr(bar + 1);
            }
        }
    }

    void operand(const Line& line, const std::string& name) {
        const std::string& verb = line.verb->name;
        if (name == "COMMAND" && verb == "help") return verbs();
        if (name == "COMMAND" || (name == "NAME" && verb == "commands")) return commands("");
        if (name == "FILE") found_.paths = PathKind::file;
        if (name == "TOPIC" && verb == "watch") return feed_topics();
        if (name == "TOPIC") {
            for (const std::string& each : known_.topics) offer(each);
        }
        if (name == "CONTEXT") return contexts("");
        if (name == "EXPRESSION") return expression("");
        if (name == "ID" && (verb == "job" || verb == "cancel" || verb == "retry")) return jobs();
        if (name == "AGENT" || name == "NAME" || (name == "ID" && (verb == "key" || verb == "enroll"))) {
            for (const std::string& each : known_.fleet.agents) offer(each);
        }
    }

    /// As many digits as `jobs` shows, or all when more of them are typed.
    void jobs() {
        constexpr std::size_t kShort = 8;
        for (const KnownJob& each : known_.fleet.jobs)
            offer(current_.size() > kShort ? each.id : each.id.substr(0, kShort), each.command);
    }

    /// "status", and after the slash the agents: "status/pi-1".
    void feed_topics() {
        const auto slash = current_.find('/');
        for (std::size_t i = 0; i < kEventClasses; ++i) {
            const std::string topic(event_class_name(static_cast<EventClass>(i)));
            if (slash == std::string::npos)
                offer(topic);
            else if (current_.starts_with(topic + "/"))
                for (const std::string& agent : known_.fleet.agents) offer(topic + "/" + agent);
        }
    }

    void positional(const Line& line) {
        if (line.verb == nullptr) return verbs();
        const std::size_t at = line.positionals.size();
        const bool runs =
            line.verb->stop_at_positional && line.verb->usage.find("COMMAND") != std::string::npos;
        if (runs && at > 0) return argument(line.positionals.front(), at - 1);
        for (const auto& each : alternatives(line.verb->usage)) {
            std::vector<std::string> operands = each;
            if (runs)
                std::erase_if(operands,
                              [](const std::string& word) { return operand_name(word) != "COMMAND"; });
            if (operands.empty()) continue;
            const bool task = literal(operands.front());
            if (task && at == 0) offer(operands.front());
            if (task && (at == 0 || operands.front() != line.positionals.front())) continue;
            if (at < operands.size())
                operand(line, operand_name(operands[at]));
            else if (operands.back().find("...") != std::string::npos)
                operand(line, operand_name(operands.back()));
        }
    }

    void verbs() {
        for (const Verb& each : program_.verbs) offer(each.name, each.purpose);
    }

    const Program& program_;
    const Vocabulary& known_;
    std::string current_;
    Completion found_;
};

}  // namespace

Completion complete(const Program& program, std::span<const std::string> words,
                    const Vocabulary& vocabulary) {
    Line line;
    Reader reader(program, line);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) reader.take(unquoted(words[i]));
    return Finder(program, vocabulary, words.empty() ? "" : unquoted(words.back())).run(line, reader);
}

std::map<std::string, std::string> options_in(const Program& program, std::span<const std::string> words) {
    Line line;
    Reader reader(program, line);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) reader.take(unquoted(words[i]));
    return line.given;
}

}  // namespace pncp::cli
