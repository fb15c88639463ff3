#include "cli/contexts.hpp"

#include <algorithm>
#include <array>

#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"
#include "schema/program/suggest.hpp"
#include "schema/program/toml_file.hpp"

namespace pncp::cli {
namespace {

/// A thousand contexts fit.
constexpr std::size_t kFileBytesMax = 256 * 1024;
constexpr std::size_t kNameMax = 63;
/// Any of these given by hand says which broker is meant.
constexpr std::array<std::string_view, 3> kChoosers{"key_file", "broker.control", "run_dir"};

bool from_flag(const Settings& settings, std::string_view key) {
    return settings.is_set(key) && settings.where(key).starts_with("--");
}

/// The loader writes "PNCP_X" for a variable; one of an .env counts as the file that it is.
bool from_variable(const Settings& settings, std::string_view key) {
    return settings.is_set(key) && settings.where(key).starts_with("PNCP_");
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out += '\\';
        out += letter;
    }
    return out + "\"";
}

/// Takes one entry of the file, or says what is wrong with it.
std::string take(const TomlEntry& entry, Contexts& contexts) {
    constexpr std::string_view kTable = "context.";
    if (entry.key == "current") {
        if (entry.type != TomlType::text) return "current must be text in quotes";
        contexts.current = entry.text == kLocalContext ? "" : entry.text;
        return {};
    }
    if (!entry.key.starts_with(kTable))
        return "unknown key " + escape_controls(entry.key) + "; there are current and tables [context.NAME]";
    const std::string rest = entry.key.substr(kTable.size());
    const auto dot = rest.find('.');
    const std::string name = rest.substr(0, dot);
    if (!valid_context_name(name) || name == kLocalContext)
        return "\"" + escape_controls(name) + "\" can't be a context's name";
    const std::string key = dot == std::string::npos ? "" : rest.substr(dot + 1);
    const auto& keys = context_keys();
    if (entry.type == TomlType::other && key.empty()) return "[context." + name + "] says nothing";
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
        return "unknown setting " + escape_controls(key) + did_you_mean(key, keys);
    if (entry.type != TomlType::text) return key + " must be text in quotes";
    auto at = std::find_if(contexts.all.begin(), contexts.all.end(),
                           [&](const Context& each) { return each.name == name; });
    if (at == contexts.all.end()) at = contexts.all.insert(contexts.all.end(), Context{name});
    at->values.emplace_back(key, entry.text);
    return {};
}

/// A file named in a context: as it is, in the home folder, or beside contexts.toml.
std::string resolved(const std::string& value, const std::string& config_home) {
    if (value.empty() || value.front() == '/') return value;
    if (value.starts_with("~/") && config_home.ends_with("/.config"))
        return config_home.substr(0, config_home.size() - std::string_view(".config").size()) +
               value.substr(2);
    return config_home + "/pncp/" + value;
}

Error unknown(const std::string& name, const Contexts& contexts) {
    std::vector<std::string> names = contexts.names();
    names.emplace_back(kLocalContext);
    return {"there is no context " + escape_controls(name) + did_you_mean(name, names),
            "see: pncp-cli context list"};
}

}  // namespace

const std::string* Context::find(std::string_view key) const {
    for (const auto& [each, value] : values) {
        if (each == key) return &value;
    }
    return nullptr;
}

const Context* Contexts::find(std::string_view name) const {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const Context& each) { return each.name == name; });
    return at == all.end() ? nullptr : &*at;
}

std::vector<std::string> Contexts::names() const {
    std::vector<std::string> names;
    for (const Context& each : all) names.push_back(each.name);
    return names;
}

const std::vector<std::string>& context_keys() {
    static const std::vector<std::string> keys{"key_file", "broker.control", "broker.timeout", "run_dir"};
    return keys;
}

bool valid_context_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameMax && name.front() != '-' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

Result<Contexts> parse_contexts(std::string_view text, const std::string& file) {
    const auto entries = parse_toml(text, file);
    if (!entries) return entries.error();
    Contexts contexts;
    for (const TomlEntry& entry : *entries) {
        if (const std::string wrong = take(entry, contexts); !wrong.empty())
            return Error{file + ":" + std::to_string(entry.line) + ": " + wrong, "correct that line"};
    }
    if (!contexts.current.empty() && contexts.find(contexts.current) == nullptr)
        return Error{file + ": current is \"" + escape_controls(contexts.current) + "\", which it lacks",
                     "run: pncp-cli context use " + std::string(kLocalContext)};
    return contexts;
}

std::string format_contexts(const Contexts& contexts) {
    std::string text =
        "# Brokers by name, for pncp-cli --context NAME. `pncp-cli context` writes this anew.\n";
    if (!contexts.current.empty()) text += "current = " + quoted(contexts.current) + "\n";
    for (const Context& each : contexts.all) {
        text += "\n[context." + each.name + "]\n";
        for (const auto& [key, value] : each.values) text += key + " = " + quoted(value) + "\n";
    }
    return text;
}

std::string contexts_path(const std::string& config_home) {
    return config_home.empty() ? "" : config_home + "/pncp/contexts.toml";
}

Result<Contexts> read_contexts(const std::string& config_home) {
    const std::string path = contexts_path(config_home);
    if (path.empty() || !path_exists(path)) return Contexts{};
    const auto file = read_file(path, kFileBytesMax);
    if (!file) return file.error();
    return parse_contexts(file->text, path);
}

Status write_contexts(const std::string& config_home, const Contexts& contexts) {
    const std::string path = contexts_path(config_home);
    if (path.empty()) return Error{"there is no folder for contexts: HOME and XDG_CONFIG_HOME are unset", {}};
    if (Status made = make_folder(config_home + "/pncp", 0700); !made) return made;
    return write_atomically(path, view(format_contexts(contexts)), 0600);
}

std::string context_in_force(const Settings& settings, const Contexts& contexts) {
    if (settings.is_set("context")) {
        const std::string& name = settings.text("context");
        return name == kLocalContext ? "" : name;
    }
    const bool chosen = std::any_of(kChoosers.begin(), kChoosers.end(), [&](std::string_view key) {
        return from_flag(settings, key) || from_variable(settings, key);
    });
    return chosen ? "" : contexts.current;
}

Status apply_context(Settings& settings, const std::string& config_home) {
    const bool named = settings.is_set("context");
    if (!named && !path_exists(contexts_path(config_home))) return Done{};
    const auto contexts = read_contexts(config_home);
    if (!contexts) return contexts.error();
    const std::string name = context_in_force(settings, *contexts);
    const bool local = named && settings.text("context") == kLocalContext;
    if (name.empty() && !local) return Done{};
    const Context here{std::string(kLocalContext)};
    const Context* context = local ? &here : contexts->find(name);
    if (context == nullptr) return unknown(name, *contexts);
    const std::string where = "context " + context->name;
    for (const std::string& key : context_keys()) {
        if (from_flag(settings, key) || (!named && from_variable(settings, key))) continue;
        const bool chooser = std::find(kChoosers.begin(), kChoosers.end(), key) != kChoosers.end();
        const std::string* value = context->find(key);
        // "local" leaves the run folder alone: there it is that says which broker here is meant.
        if (value == nullptr && (!chooser || (local && key == "run_dir"))) continue;
        std::string text = value == nullptr ? "" : *value;
        if (key == "key_file" || key == "run_dir") text = resolved(text, config_home);
        if (Status set = settings.set(key, text, where); !set)
            return Error{where + ": " + key + " " + set.error().message, "see: pncp-cli context show"};
    }
    return Done{};
}

}  // namespace pncp::cli
