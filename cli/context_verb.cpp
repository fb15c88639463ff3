#include "cli/context_verb.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/contexts.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::cli {
namespace {

constexpr std::array<std::string_view, 5> kTasks{"list", "show", "use", "add", "remove"};

/// A path as it is to stand in the file, whatever folder the next run is in.
std::string absolute(const std::string& path) {
    if (path.empty() || path.front() == '/') return path;
    std::array<char, 4096> folder{};
    if (getcwd(folder.data(), folder.size()) == nullptr) return path;
    return std::string(folder.data()) + "/" + path;
}

std::string value_or(const Context& context, std::string_view key, std::string otherwise) {
    const std::string* value = context.find(key);
    return value == nullptr ? otherwise : *value;
}

/// With the context that needs no entry.
std::vector<Context> with_local(const Contexts& contexts) {
    std::vector<Context> all{Context{std::string(kLocalContext)}};
    all.insert(all.end(), contexts.all.begin(), contexts.all.end());
    return all;
}

bool is_current(const Contexts& contexts, const Context& context) {
    return contexts.current.empty() ? context.name == kLocalContext : context.name == contexts.current;
}

void print(const Call& call, const Contexts& contexts, const std::vector<Context>& shown) {
    Console& console = call.world.console;
    const std::string& form = call.settings.text("output");
    if (form == "table") {
        std::vector<std::vector<std::string>> rows;
        for (const Context& each : shown) {
            const bool key = each.find("key_file") != nullptr;
            rows.push_back(
                {is_current(contexts, each) ? "*" : "", each.name,
                 value_or(each, "broker.control", key ? "as in the key file" : "the Unix socket here"),
                 value_or(each, "key_file", "the one that the broker here made")});
        }
        return console.out(table_text({"", "CONTEXT", "BROKER", "KEY FILE"}, rows, style_of(call)));
    }
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Context& each : shown) {
        nlohmann::ordered_json one{{"name", each.name}, {"current", is_current(contexts, each)}};
        for (const auto& [key, value] : each.values) one[key] = value;
        all.push_back(std::move(one));
    }
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    if (form == "json")
        return console.out(nlohmann::ordered_json{{"contexts", all}}.dump(2, ' ', true, kReplace) + "\n");
    for (const auto& one : all) console.out(one.dump(-1, ' ', true, kReplace) + "\n");
}

ExitCode save(const Call& call, const Contexts& contexts, const std::string& said) {
    if (const Status written = write_contexts(call.world.config_home, contexts); !written)
        return report(call, ExitCode::unavailable, written.error());
    call.world.console.out(said + "\n");
    return ExitCode::ok;
}

ExitCode add(const Call& call, Contexts contexts, const std::string& name) {
    if (!valid_context_name(name) || name == kLocalContext)
        return usage_error(call, "context",
                           "\"" + escape_controls(name) +
                               "\" can't be a context's name (lower-case letters, digits, dashes "
                               "and underscores; not local)");
    if (contexts.find(name) != nullptr)
        return usage_error(call, "context", "there is a context " + name + "; remove it first");
    Context made{name};
    for (const std::string& key : context_keys()) {
        if (!call.settings.is_set(key) || !call.settings.where(key).starts_with("--")) continue;
        std::string value = key == "broker.timeout" ? std::to_string(call.settings.duration_ms(key)) + "ms"
                                                    : call.settings.text(key);
        if (key == "key_file" || key == "run_dir") value = absolute(value);
        made.values.emplace_back(key, std::move(value));
    }
    if (made.values.empty())
        return usage_error(call, "context", "context add needs --key-file, --broker-control or --run-dir");
    for (const auto& [key, value] : made.values) {
        if (escape_controls(value) != value)
            return usage_error(call, "context", key + " has characters that no path or address has");
    }
    contexts.all.push_back(std::move(made));
    return save(call, contexts,
                "context " + name + " is there; use it with --context " + name +
                    ", or from now on with: pncp-cli context use " + name);
}

ExitCode remove(const Call& call, Contexts contexts, const std::string& name) {
    if (contexts.current == name) contexts.current.clear();
    std::erase_if(contexts.all, [&](const Context& each) { return each.name == name; });
    return save(call, contexts, "context " + name + " is forgotten; its key file is left where it is");
}

ExitCode use(const Call& call, Contexts contexts, const std::string& name) {
    contexts.current = name == kLocalContext ? "" : name;
    return save(call, contexts,
                name == kLocalContext ? "from now on pncp-cli talks to the broker on this machine"
                                      : "from now on pncp-cli talks to " + name);
}

}  // namespace

Verb context_verb() {
    Verb verb;
    verb.name = "context";
    verb.purpose = "Name several brokers, and choose between them";
    verb.usage = "list | show [CONTEXT] | use CONTEXT | add CONTEXT | remove CONTEXT";
    verb.settings = {{.key = "output",
                      .default_text = "table",
                      .help = "For people, as one JSON document, or as one JSON object a line.",
                      .choices = {"table", "json", "jsonl"},
                      .letter = 'o'}};
    verb.max_positionals = 2;
    verb.details =
        "With one broker, on this machine, there is nothing to do: that is the context \"local\".\n\n"
        "  list            Every context; * marks the one that holds without --context.\n"
        "  show [CONTEXT]  One of them: by default the one that holds.\n"
        "  use CONTEXT     From now on this one; `context use local` goes back.\n"
        "  add CONTEXT     What --key-file, --broker-control and --run-dir say, under a name.\n"
        "  remove CONTEXT  Forget it.\n\n"
        "They stand in ~/.config/pncp/contexts.toml. A flag says more than a context, and --context\n"
        "says more than a variable or cli.toml.\n\n"
        "Examples:\n"
        "  pncp-cli context add home --key-file home.key\n"
        "  pncp-cli --context home agents\n"
        "  pncp-cli context use home\n"
        "  pncp-cli context list";
    return verb;
}

ExitCode run_context(const Call& call) {
    const std::string task = call.words.empty() ? "list" : call.words.front();
    if (std::find(kTasks.begin(), kTasks.end(), task) == kTasks.end()) {
        const std::vector<std::string> names(kTasks.begin(), kTasks.end());
        return usage_error(call, "context",
                           "unknown task " + escape_controls(task) + did_you_mean(task, names));
    }
    auto read = read_contexts(call.world.config_home);
    if (!read) return report(call, ExitCode::configuration, read.error());
    Contexts& contexts = *read;
    if (task == "list") {
        if (call.words.size() > 1) return usage_error(call, "context", "context list takes no name");
        print(call, contexts, with_local(contexts));
        return ExitCode::ok;
    }
    std::string name;
    if (call.words.size() > 1) {
        name = call.words[1];
    } else if (task == "show") {
        name = context_in_force(call.settings, contexts);
        if (name.empty()) name = kLocalContext;
    } else {
        return usage_error(call, "context", "context " + task + " needs a name");
    }
    if (task == "add") return add(call, std::move(contexts), name);
    const std::vector<Context> all = with_local(contexts);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Context& each) { return each.name == name; });
    if (found == all.end() || (task == "remove" && name == kLocalContext)) {
        std::vector<std::string> names = contexts.names();
        if (task != "remove") names.emplace_back(kLocalContext);
        return usage_error(call, "context",
                           "there is no context " + escape_controls(name) + did_you_mean(name, names));
    }
    if (task == "use") return use(call, std::move(contexts), name);
    if (task == "remove") return remove(call, std::move(contexts), name);
    print(call, contexts, {*found});
    return ExitCode::ok;
}

}  // namespace pncp::cli
