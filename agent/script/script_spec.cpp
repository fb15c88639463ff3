#include "agent/script/script_spec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "agent/executor/catalogue_fields.hpp"
#include "schema/names.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/quantity.hpp"
#include "schema/program/suggest.hpp"

namespace pncp::agent {
namespace {

constexpr std::int64_t kTimeoutMs = 10'000;
/// A row of points holds 15 KiB.
constexpr std::size_t kOutputBytes = 16 * 1024;

/// Keys that mean what they mean for a command.
constexpr std::array<std::string_view, 6> kShared = {"path",   "timeout", "output",
                                                     "memory", "user",    "enabled"};

std::string take_name(const std::string& text, std::string& into) {
    into = text;
    return valid_command_name(text) ? "" : "must be [a-z][a-z0-9_-]{0,31}";
}

std::string take_interval(const TomlEntry& entry, ScriptSpec& script) {
    const auto interval_ms = parse_duration_ms(entry.text);
    if (!interval_ms) return interval_ms.error().text();
    script.interval_ms = *interval_ms;
    const bool fine = *interval_ms >= kScriptIntervalMinMs && *interval_ms <= kScriptIntervalMaxMs;
    return fine ? "" : "must be between 1s and 1w";
}

std::string take_format(const TomlEntry& entry, ScriptSpec& script) {
    const std::vector<std::string> formats{"influx", "json"};
    if (std::find(formats.begin(), formats.end(), entry.text) == formats.end())
        return "must be influx or json" + did_you_mean(entry.text, formats);
    script.format = entry.text == "json" ? ScriptFormat::json : ScriptFormat::influx;
    return {};
}

std::string take_fixed_arguments(const TomlEntry& entry, ScriptSpec& script) {
    std::vector<std::string> words;
    std::string wrong = take_arguments(entry, words);
    for (auto& word : words) script.command.arguments.push_back({Part{std::move(word), std::nullopt}});
    return wrong;
}

const Field<ScriptSpec> kFields[] = {
    {"name", TomlType::text,
     [](const TomlEntry& e, ScriptSpec& s) { return take_name(e.text, s.command.name); }},
    {"arguments", TomlType::list, take_fixed_arguments},
    {"interval", TomlType::text, take_interval},
    {"format", TomlType::text, take_format},
    {"measurement", TomlType::text,
     [](const TomlEntry& e, ScriptSpec& s) { return take_name(e.text, s.measurement); }},
};

std::string place(const std::string& file, const TomlEntry& entry) {
    return file + ":" + std::to_string(entry.line);
}

template <typename Into>
std::string take_field(const Field<Into>& field, const TomlEntry& entry, Into& into) {
    if (entry.type != field.type) return std::string("must be ") + type_name(field.type);
    return field.take(entry, into);
}

/// What is wrong with a key, to complete "[[script]] KEY ...", or nothing.
Status take_key(std::string_view key, const TomlEntry& entry, const std::string& where, ScriptSpec& script) {
    const auto answer = [&](const std::string& wrong) -> Status {
        if (wrong.empty()) return Done{};
        return Error{where + ": [[script]] " + std::string(key) + " " + wrong, {}};
    };
    for (const auto& field : kFields)
        if (key == field.key) return answer(take_field(field, entry, script));
    if (std::find(kShared.begin(), kShared.end(), key) != kShared.end())
        for (const auto& field : command_fields())
            if (key == field.key) return answer(take_field(field, entry, script.command));
    std::vector<std::string> known(kShared.begin(), kShared.end());
    for (const auto& field : kFields) known.emplace_back(field.key);
    std::sort(known.begin(), known.end());
    std::string all;
    for (const auto& each : known) all += (all.empty() ? "" : ", ") + each;
    const std::string unknown(key.substr(0, 64));
    return Error{where + ": [[script]] has no key " + escape_controls(unknown) + did_you_mean(unknown, known),
                 "its keys are " + all};
}

Status complete(ScriptSpec& script) {
    const std::string what = script.command.where + ": [[script]] " + script.command.name;
    if (script.command.name.empty())
        return Error{what + "needs name", "it stands in events and in measurement pi_script"};
    if (script.command.path.empty())
        return Error{what + " needs path", "the program, as in path = \"/usr/local/bin/soil\""};
    if (script.format == ScriptFormat::influx) {
        if (script.measurement.empty()) return Done{};
        return Error{what + " has measurement, which is for format = \"json\"",
                     "line protocol names its own"};
    }
    if (script.measurement.empty()) script.measurement = script.command.name;
    if (is_measurement(script.measurement))
        return Error{what + " would write measurement " + script.measurement + ", which is PNCP's own",
                     "set another one with measurement = \"...\""};
    return Done{};
}

}  // namespace

Result<std::vector<ScriptSpec>> parse_scripts(std::string_view text, const std::string& file) {
    const auto entries = parse_toml(text, file);
    if (!entries) return entries.error();
    std::vector<ScriptSpec> scripts;
    for (const TomlEntry& entry : *entries) {
        if (!is_script_key(entry.key)) continue;
        // "script[3].path", as parse_toml() numbers them; only a quoted key could look otherwise.
        const std::string_view key = entry.key;
        std::size_t index = 0;
        const auto [stop, failure] =
            std::from_chars(key.data() + std::strlen("script["), key.data() + key.size(), index);
        const auto dot = key.find("].");
        if (failure != std::errc{} || dot == std::string_view::npos || stop != key.data() + dot ||
            index >= kScripts)
            return Error{place(file, entry) + ": more than " + std::to_string(kScripts) +
                             " scripts, or a key that is none",
                         "write each as [[script]]"};
        while (scripts.size() <= index) {
            CommandSpec& command = scripts.emplace_back().command;
            command.where = place(file, entry);
            command.timeout_ms = kTimeoutMs;
            command.output_bytes = kOutputBytes;
        }
        if (Status fine = take_key(key.substr(dot + 2), entry, place(file, entry), scripts[index]); !fine)
            return fine.error();
    }
    for (ScriptSpec& script : scripts)
        if (Status fine = complete(script); !fine) return fine.error();
    return scripts;
}

Result<std::vector<ScriptSpec>> load_scripts(const CatalogueOptions& options) {
    const auto files = read_command_files(options);
    if (!files) return files.error();
    std::vector<ScriptSpec> all;
    for (const CommandFile& file : *files) {
        auto scripts = parse_scripts(file.text, file.path);
        if (!scripts) return scripts;
        for (ScriptSpec& script : *scripts) {
            if (!script.command.enabled) continue;
            if (Status fine = check_on_device(script.command, options.self); !fine) return fine.error();
            all.push_back(std::move(script));
        }
    }
    if (all.size() > kScripts)
        return Error{"more than " + std::to_string(kScripts) + " scripts in " + options.folder, {}};
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.command.name < b.command.name; });
    for (std::size_t i = 1; i < all.size(); ++i)
        if (all[i].command.name == all[i - 1].command.name)
            return Error{all[i].command.where + ": [[script]] " + all[i].command.name +
                             " is there already, at " + all[i - 1].command.where,
                         "rename one, or set enabled = false"};
    return all;
}

}  // namespace pncp::agent
