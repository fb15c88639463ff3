// parse_catalogue(): from flat TOML keys to checked commands. Pure.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <type_traits>

#include "agent/executor/catalogue_fields.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::agent {
namespace {

/// What was read of one table, until it is complete.
struct Draft {
    CommandSpec command;
    std::vector<std::string> arguments;
    std::string arguments_where;
    std::vector<std::string> given;                    ///< keys of the command
    std::vector<std::vector<std::string>> slot_given;  ///< keys of each slot
    std::vector<std::string> slot_where;
};

class Parser {
  public:
    Parser(const std::string& file, const std::vector<std::string>& reserved)
        : file_(file), reserved_(reserved) {}

    Status take(const TomlEntry& entry);
    Result<std::vector<CommandSpec>> finish();

  private:
    [[nodiscard]] std::string place(const TomlEntry& entry) const {
        return file_ + ":" + std::to_string(entry.line);
    }
    Result<Draft*> draft_of(const std::string& name, const TomlEntry& entry);
    template <typename Into>
    Status apply(std::span<const Field<Into>> fields, std::string_view key, const std::string& table,
                 const TomlEntry& entry, Into& into, std::vector<std::string>& given) const;
    static Status complete(Draft& draft);
    static Status complete_slot(const Draft& draft, std::size_t index);
    static Result<std::vector<Part>> parse_argument(const Draft& draft, const std::string& text);

    const std::string& file_;
    const std::vector<std::string>& reserved_;
    std::vector<Draft> drafts_;
};

Result<Draft*> Parser::draft_of(const std::string& name, const TomlEntry& entry) {
    const auto at = std::find_if(drafts_.begin(), drafts_.end(),
                                 [&](const Draft& draft) { return draft.command.name == name; });
    if (at != drafts_.end()) return &*at;
    const std::string shown = escape_controls(name.substr(0, 64));
    if (name == "script")
        return Error{place(entry) + ": [script] is no command", "write [[script]] for a metric of your own"};
    if (!valid_command_name(name))
        return Error{place(entry) + ": [" + shown + "] can't be a command's name",
                     "use [a-z][a-z0-9_-]{0,31}"};
    if (is_measurement(name) || std::find(reserved_.begin(), reserved_.end(), name) != reserved_.end())
        return Error{place(entry) + ": the name [" + shown + "] is taken",
                     "built-in commands and measurements keep theirs; choose another"};
    if (drafts_.size() == limits::kCatalogueEntries)
        return Error{place(entry) + ": more than " + std::to_string(limits::kCatalogueEntries) + " commands",
                     {}};
    Draft& draft = drafts_.emplace_back();
    draft.command.name = name;
    draft.command.where = place(entry);
    return &draft;
}

template <typename Into>
Status Parser::apply(std::span<const Field<Into>> fields, std::string_view key, const std::string& table,
                     const TomlEntry& entry, Into& into, std::vector<std::string>& given) const {
    for (const auto& field : fields) {
        if (key != field.key) continue;
        given.emplace_back(key);
        const std::string what = place(entry) + ": " + table + " " + field.key + " ";
        // An empty list has no type of items, and comes as a list all the same.
        if (entry.type != field.type) return Error{what + "must be " + type_name(field.type), {}};
        if (field.take == nullptr) return Done{};
        if (const std::string wrong = field.take(entry, into); !wrong.empty()) return Error{what + wrong, {}};
        return Done{};
    }
    std::vector<std::string> known;
    for (const auto& field : fields) known.emplace_back(field.key);
    if constexpr (std::is_same_v<Into, CommandSpec>) known.emplace_back("slot");
    const std::string unknown(key.substr(0, 64));
    std::string all;
    for (const auto& each : known) all += (all.empty() ? "" : ", ") + each;
    return Error{place(entry) + ": " + table + " has no key " + escape_controls(unknown) +
                     did_you_mean(unknown, known),
                 "its keys are " + all};
}

Status Parser::take(const TomlEntry& entry) {
    const std::size_t dot = entry.key.find('.');
    if (dot == std::string::npos)
        return Error{place(entry) + ": " + escape_controls(entry.key.substr(0, 64)) +
                         " stands outside of a command's table, or is an empty one",
                     "begin with [NAME], then path and help"};
    const auto found = draft_of(entry.key.substr(0, dot), entry);
    if (!found) return found.error();
    Draft& draft = **found;
    const std::string table = "[" + draft.command.name + "]";
    const std::string_view key = std::string_view(entry.key).substr(dot + 1);
    if (key == "arguments" && entry.type == TomlType::list) {
        draft.arguments_where = place(entry);
        if (const std::string wrong = take_arguments(entry, draft.arguments); !wrong.empty())
            return Error{place(entry) + ": " + table + " arguments " + wrong, {}};
    }
    if (!key.starts_with("slot["))
        return apply(command_fields(), key, table, entry, draft.command, draft.given);

    // "slot[3].min", as parse_toml() numbers them, so the number is right.
    std::size_t index = 0;
    const char* end = key.data() + key.size();
    const auto [stop, failure] = std::from_chars(key.data() + std::strlen("slot["), end, index);
    const auto field = key.find("].");
    if (failure != std::errc{} || field == std::string_view::npos || stop != key.data() + field ||
        index >= limits::kCommandArguments)
        return Error{place(entry) + ": " + table + " has a key that is none, or more than " +
                         std::to_string(limits::kCommandArguments) + " slots",
                     "write each as [[" + draft.command.name + ".slot]]"};
    while (draft.command.slots.size() <= index) {
        draft.command.slots.emplace_back();
        draft.slot_given.emplace_back();
        draft.slot_where.push_back(place(entry));
    }
    return apply(slot_fields(), key.substr(field + 2), "[[" + draft.command.name + ".slot]]", entry,
                 draft.command.slots[index], draft.slot_given[index]);
}

Status Parser::complete_slot(const Draft& draft, std::size_t index) {
    const Slot& slot = draft.command.slots[index];
    const auto& given = draft.slot_given[index];
    const auto has = [&](const char* key) {
        return std::find(given.begin(), given.end(), key) != given.end();
    };
    const std::string what = draft.slot_where[index] + ": [[" + draft.command.name + ".slot]] " +
                             (slot.name.empty() ? "" : slot.name + " ");
    if (!has("name")) return Error{what + "has no name", {}};
    if (!has("type")) return Error{what + "has no type", "add type = \"int\", \"enum\" or \"regex\""};
    struct Need {
        const char* key;
        Slot::Type type;
        bool must;
        const char* type_name;
    };
    for (const Need need : {Need{"min", Slot::Type::integer, true, "int"},
                            {"max", Slot::Type::integer, true, "int"},
                            {"values", Slot::Type::choice, true, "enum"},
                            {"pattern", Slot::Type::pattern, true, "regex"},
                            {"max_bytes", Slot::Type::pattern, false, "regex"}}) {
        if (slot.type == need.type && need.must && !has(need.key))
            return Error{what + "needs " + need.key, {}};
        if (slot.type != need.type && has(need.key))
            return Error{what + "has " + need.key + ", which is for type = \"" + need.type_name + "\"", {}};
    }
    if (slot.type == Slot::Type::integer && slot.min > slot.max) return Error{what + "has min above max", {}};
    if (!slot.secret && !slot.pattern.empty() && slot.pattern.ends_with(" (secret)"))
        return Error{what + "has a pattern that looks like the mark of a secret", {}};
    const auto same = std::count_if(draft.command.slots.begin(), draft.command.slots.end(),
                                    [&](const Slot& each) { return each.name == slot.name; });
    if (same > 1) return Error{what + "is there twice", {}};
    return Done{};
}

/// "{name}" stands for a slot, "{{" and "}}" for braces.
Result<std::vector<Part>> Parser::parse_argument(const Draft& draft, const std::string& text) {
    std::vector<Part> parts;
    std::string fixed;
    const auto flush = [&] {
        if (!fixed.empty()) parts.push_back({fixed, std::nullopt});
        fixed.clear();
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c != '{' && c != '}') {
            fixed += c;
        } else if (at + 1 < text.size() && text[at + 1] == c) {
            fixed += c;
            ++at;
        } else {
            const std::size_t close = c == '{' ? text.find('}', at) : std::string::npos;
            if (close == std::string::npos) return Error{"has a single brace", "write {{ or }} for one"};
            const std::string name = text.substr(at + 1, close - at - 1);
            std::vector<std::string> names;
            for (const Slot& slot : draft.command.slots) names.push_back(slot.name);
            const auto slot = std::find(names.begin(), names.end(), name);
            if (slot == names.end())
                return Error{"names no slot" + did_you_mean(name, names), "a brace itself is {{ or }}"};
            if (!fixed.empty() && fixed.find_first_not_of('-') == std::string::npos && parts.empty())
                return Error{"would let the operator name an option",
                             "spell the option out, as in --lines={lines}"};
            flush();
            parts.push_back({"", static_cast<std::size_t>(slot - names.begin())});
            at = close;
        }
    }
    flush();
    return parts;
}

Status Parser::complete(Draft& draft) {
    CommandSpec& command = draft.command;
    const std::string what = command.where + ": [" + command.name + "] ";
    if (command.path.empty())
        return Error{what + "needs path", "the program, as in path = \"/usr/bin/uptime\""};
    if (command.help.empty()) return Error{what + "needs help", "one line that says what it does"};
    for (std::size_t i = 0; i < command.slots.size(); ++i)
        if (Status fine = complete_slot(draft, i); !fine) return fine;
    std::vector<std::size_t> uses(command.slots.size());
    for (const auto& text : draft.arguments) {
        auto parts = parse_argument(draft, text);
        if (!parts)
            return Error{draft.arguments_where + ": [" + command.name + "] the argument '" +
                             escape_controls(text.substr(0, 64)) + "' " + parts.error().message,
                         parts.error().next};
        for (const Part& part : *parts)
            if (part.slot) ++uses[*part.slot];
        command.arguments.push_back(std::move(*parts));
    }
    for (std::size_t i = 0; i < uses.size(); ++i)
        if (uses[i] != 1)
            return Error{draft.slot_where[i] + ": [[" + command.name + ".slot]] " + command.slots[i].name +
                             (uses[i] == 0 ? " is in no argument" : " is in more than one argument"),
                         "write {" + command.slots[i].name + "} where its value belongs, once"};
    return Done{};
}

Result<std::vector<CommandSpec>> Parser::finish() {
    std::vector<CommandSpec> commands;
    for (Draft& draft : drafts_) {
        if (Status fine = complete(draft); !fine) return fine.error();
        commands.push_back(std::move(draft.command));
    }
    return commands;
}

}  // namespace

Result<std::vector<CommandSpec>> parse_catalogue(std::string_view text, const std::string& file,
                                                 const std::vector<std::string>& reserved) {
    const auto entries = parse_toml(text, file);
    if (!entries) return entries.error();
    Parser parser(file, reserved);
    for (const TomlEntry& entry : *entries) {
        if (is_script_key(entry.key)) continue;
        if (Status fine = parser.take(entry); !fine) return fine.error();
    }
    return parser.finish();
}

}  // namespace pncp::agent
