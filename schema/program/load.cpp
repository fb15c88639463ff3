// Merging of all sources into Settings, in order; messages with file and line.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <span>
#include <utility>

#include "schema/program/command_line.hpp"
#include "schema/program/dotenv.hpp"
#include "schema/program/escape.hpp"
#include "schema/program/files.hpp"
#include "schema/program/help.hpp"
#include "schema/program/manual.hpp"
#include "schema/program/settings.hpp"
#include "schema/program/suggest.hpp"
#include "schema/program/toml_file.hpp"

namespace pncp {
namespace {

/// A thousand settings fit; more is not a configuration.
constexpr std::size_t kConfigBytesMax = 1 << 20;
constexpr std::size_t kDotenvBytesMax = 1 << 16;
/// As much of a wrong value as a message repeats.
constexpr std::size_t kShownBytesMax = 60;

/// ` "value"` for a message; nothing for a secret.
std::string shown(const Setting& setting, std::string_view text) {
    if (setting.secret) return {};
    const bool cut = text.size() > kShownBytesMax;
    return " \"" + escape_controls(text.substr(0, kShownBytesMax)) + (cut ? "..." : "") + "\"";
}

/// What is wrong with the type of a TOML value, or nothing. Integers pass as numbers and as sizes.
std::string type_problem(const Setting& setting, const TomlEntry& entry) {
    const TomlType type = entry.type;
    if (type == TomlType::other) return "can't be " + entry.text;
    switch (setting.kind) {
        case Kind::text:
            return type == TomlType::text ? "" : "must be text in quotes";
        case Kind::integer:
            return type == TomlType::integer ? "" : "must be a whole number without quotes";
        case Kind::number:
            return type == TomlType::integer || type == TomlType::number ? ""
                                                                         : "must be a number without quotes";
        case Kind::flag:
            return type == TomlType::flag ? "" : "must be true or false without quotes";
        case Kind::duration:
            return type == TomlType::text ? "" : "must be a duration in quotes, such as \"10s\"";
        case Kind::size:
            return type == TomlType::text || type == TomlType::integer ? ""
                                                                       : "must be a size, such as \"64KiB\"";
        case Kind::list:
            return type == TomlType::list ? "" : "must be a list, such as [\"a\", \"b\"]";
    }
    return {};
}

std::string last_part(const std::string& key) {
    const auto dot = key.rfind('.');
    return dot == std::string::npos ? key : key.substr(dot + 1);
}

/// "; did you mean X?" for a misspelt key, or for one that stands under the wrong [heading]. The last part
/// decides whether a key is near, as a long heading in common would make any two keys alike.
std::string did_you_mean_key(const std::vector<Setting>& settings, const std::string& key) {
    const std::string* best = nullptr;
    for (const Setting& each : settings) {
        if (!suggest(last_part(key), std::vector<std::string>{last_part(each.key)})) continue;
        if (best == nullptr || edit_distance(key, each.key) < edit_distance(key, *best)) best = &each.key;
    }
    return best == nullptr ? "" : "; did you mean " + *best + "?";
}

class Loader {
  public:
    Loader(const Program& program, const Surroundings& surroundings)
        : program_(program), around_(surroundings) {}

    Loaded run(std::span<const char* const> arguments);

  private:
    void usage_error(const std::string& message, const Verb* verb);
    void read_toml();
    void read_secret_toml_mode(const std::string& path, unsigned mode);
    void apply_toml(const TomlEntry& entry, const std::string& place);
    void read_dotenv();
    void read_environment();
    void apply_variable(const std::string& name, const std::string& value, const std::string& place);
    [[nodiscard]] bool apply_flags();
    void check_all();
    void conclude();
    void problem(std::string text) { problems_.push_back(std::move(text)); }
    [[nodiscard]] const Setting* find(std::string_view key) const;

    const Program& program_;
    const Surroundings& around_;
    CommandLine line_;
    Loaded loaded_;
    std::string toml_path_;
    std::vector<std::string> problems_;
    /// For --check-config: what was read, "file" or "environment" and its name.
    std::vector<std::pair<std::string, std::string>> sources_;
};

const Setting* Loader::find(std::string_view key) const {
    const auto at = std::find_if(program_.settings.begin(), program_.settings.end(),
                                 [&](const Setting& each) { return each.key == key; });
    return at == program_.settings.end() ? nullptr : &*at;
}

void Loader::usage_error(const std::string& message, const Verb* verb) {
    loaded_.finished = ExitCode::usage;
    loaded_.err = program_.name + ": " + message + "\nTry '" + program_.name +
                  (verb == nullptr ? "" : " " + verb->name) + " --help'.\n";
}

void Loader::read_toml() {
    if (line_.config) {
        toml_path_ = *line_.config;
    } else if (!program_.file.empty()) {
        toml_path_ = around_.config_dir + "/" + program_.file + ".toml";
    }
    if (toml_path_.empty()) return;
    if (!line_.config && !path_exists(toml_path_)) {
        sources_.emplace_back("file", toml_path_ + " (absent, so defaults hold)");
        return;
    }
    const auto file = read_file(toml_path_, kConfigBytesMax);
    if (!file) return problem(file.error().text());
    sources_.emplace_back("file", toml_path_);
    const auto entries = parse_toml(file->text, toml_path_);
    if (!entries) return problem(entries.error().text());
    bool has_secret = false;
    for (const TomlEntry& entry : *entries) {
        apply_toml(entry, toml_path_ + ":" + std::to_string(entry.line));
        const Setting* setting = find(entry.key);
        has_secret |= setting != nullptr && setting->secret;
    }
    if (has_secret) read_secret_toml_mode(toml_path_, file->mode);
}

/// A file with a secret may be read by the group (the service's), as packages install it, but by nobody else.
void Loader::read_secret_toml_mode(const std::string& path, unsigned mode) {
    if ((mode & 027U) == 0) return;
    problem(path + " holds a secret but others can read or change it; run: chmod 640 " + path +
            ", or move the secret to .env beside it");
}

void Loader::apply_toml(const TomlEntry& entry, const std::string& place) {
    const Setting* setting = find(entry.key);
    if (setting == nullptr) {
        return problem(place + ": unknown setting " + escape_controls(entry.key) +
                       did_you_mean_key(program_.settings, entry.key));
    }
    if (std::string wrong = type_problem(*setting, entry); !wrong.empty()) {
        return problem(place + ": " + entry.key + " " + wrong);
    }
    const Status done = setting->kind == Kind::list
                            ? loaded_.settings.set_items(entry.key, entry.items, place)
                            : loaded_.settings.set(entry.key, entry.text, place);
    if (done) return;
    problem(place + ": " + entry.key + shown(*setting, entry.text) + " " + done.error().message);
}

void Loader::read_dotenv() {
    std::string path = around_.config_dir + "/.env";
    if (line_.config) {
        const auto slash = toml_path_.rfind('/');
        path = slash == std::string::npos ? ".env" : toml_path_.substr(0, slash + 1) + ".env";
    }
    if (!path_exists(path)) return;
    if (access(path.c_str(), R_OK) != 0) {
        // An .env that only a service may read must not keep its users from the CLI.
        loaded_.warnings.push_back(path + " can't be read by this user and is left out");
        return;
    }
    const auto bytes = read_secret_file(path, {.group_may_read = false, .max_bytes = kDotenvBytesMax});
    if (!bytes) return problem(bytes.error().text());
    const auto entries = parse_dotenv(text_view(*bytes), path);
    if (!entries) return problem(entries.error().text());
    sources_.emplace_back("file", path);
    for (const DotenvEntry& entry : *entries) {
        apply_variable(entry.name, entry.value, path + ":" + std::to_string(entry.line) + ": ");
    }
}

void Loader::read_environment() {
    for (const auto& [name, value] : around_.environment) apply_variable(name, value, "");
}

/// `place` is "file:line: " for .env and empty for the environment.
void Loader::apply_variable(const std::string& name, const std::string& value, const std::string& place) {
    if (!name.starts_with("PNCP_")) return;
    std::vector<std::string> names = program_.other_variables;
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    for (const Setting& each : program_.settings) {
        const std::string variable = variable_name(each);
        if (variable != name) {
            names.push_back(variable);
            continue;
        }
        // systemd and containers can't unset a variable, only empty it.
        if (value.empty()) return;
        if (place.empty()) sources_.emplace_back("environment", name);
        if (Status done = loaded_.settings.set(each.key, value, place + name); !done) {
            problem(place + name + shown(each, value) + " " + done.error().message);
        }
        return;
    }
    // Another program's variable is none of our business; one close to ours is probably misspelt.
    const auto nearest = suggest(name, names);
    if (!nearest || edit_distance(name, *nearest) > 2) return;
    loaded_.warnings.push_back(place + "unknown variable " + name + " is ignored; did you mean " + *nearest +
                               "?");
}

bool Loader::apply_flags() {
    std::map<std::string, std::vector<std::string>> lists;
    for (const auto& [setting, text] : line_.given) {
        const std::string flag = "--" + flag_name(*setting);
        Status done = Done{};
        if (setting->kind == Kind::list) {
            // Each use adds to the list, so that --to a --to b and --to a,b mean the same.
            auto& items = lists[setting->key];
            for (std::string& item : split_list(text)) items.push_back(std::move(item));
            done = loaded_.settings.set_items(setting->key, items, flag);
        } else {
            done = loaded_.settings.set(setting->key, text, flag);
        }
        if (!done) {
            usage_error(flag + shown(*setting, text) + " " + done.error().message, line_.verb);
            return false;
        }
        const std::pair<std::string, std::string> source{"option", flag};
        if (sources_.empty() || sources_.back() != source) sources_.push_back(source);
    }
    return true;
}

void Loader::check_all() {
    if (!problems_.empty() || !program_.check) return;
    if (Status fine = program_.check(loaded_.settings); !fine) problem(fine.error().text());
}

void Loader::conclude() {
    if (!problems_.empty()) {
        loaded_.finished = ExitCode::configuration;
        for (const std::string& each : problems_) loaded_.err += program_.name + ": " + each + "\n";
        return;
    }
    if (!line_.check_config) return;
    loaded_.finished = ExitCode::ok;
    loaded_.out = "configuration is good\n";
    for (const auto& [what, name] : sources_) {
        loaded_.out += "  " + what + std::string(what.size() < 12 ? 12 - what.size() : 1, ' ') + name + "\n";
    }
    for (const std::string& each : loaded_.warnings) loaded_.err += program_.name + ": " + each + "\n";
}

/// Whose help is of use when the command line can't be understood.
const Verb* verb_in(const Program& program, std::span<const char* const> arguments) {
    for (const std::string_view word : arguments)
        for (const Verb& each : program.verbs)
            if (each.name == word) return &each;
    return nullptr;
}

Loaded Loader::run(std::span<const char* const> arguments) {
    auto line = parse_command_line(program_, arguments);
    if (!line) {
        usage_error(line.error().text(), verb_in(program_, arguments));
        return std::move(loaded_);
    }
    line_ = std::move(*line);
    if (line_.help || line_.version) {
        loaded_.finished = ExitCode::ok;
        loaded_.out = line_.help ? help_text(program_, line_.verb) : version_text(program_);
        return std::move(loaded_);
    }
    if (!line_.manual.empty()) {
        loaded_.finished = ExitCode::ok;
        loaded_.out = line_.manual == "settings" ? manual_settings(program_) : manual_page(program_);
        return std::move(loaded_);
    }
    std::vector<Setting> table = program_.settings;
    if (line_.verb != nullptr) {
        loaded_.verb = line_.verb->name;
        table.insert(table.end(), line_.verb->settings.begin(), line_.verb->settings.end());
    }
    loaded_.settings = Settings(std::move(table));
    loaded_.positionals = std::move(line_.positionals);
    read_toml();
    read_dotenv();
    read_environment();
    if (!apply_flags()) return std::move(loaded_);
    check_all();
    conclude();
    return std::move(loaded_);
}

}  // namespace

Surroundings Surroundings::here() {
    Surroundings around;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view entry = *each;
        const auto equals = entry.find('=');
        if (!entry.starts_with("PNCP_") || equals == std::string_view::npos) continue;
        around.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return around;
}

Loaded load_settings(const Program& program, int argc, const char* const* argv,
                     const Surroundings& surroundings) {
    verify_table(program);
    const std::span<const char* const> all(argv, argc < 0 ? 0U : static_cast<std::size_t>(argc));
    return Loader(program, surroundings).run(all.empty() ? all : all.subspan(1));
}

int finish(const Loaded& loaded) {
    // Standard output may be a full disk or a closed pipe; then the code says so, since the help was not
    // delivered.
    const bool printed = std::fwrite(loaded.out.data(), 1, loaded.out.size(), stdout) == loaded.out.size() &&
                         std::fflush(stdout) == 0;
    std::fwrite(loaded.err.data(), 1, loaded.err.size(), stderr);
    const ExitCode code = loaded.finished.value_or(ExitCode::ok);
    return number(code == ExitCode::ok && !printed ? ExitCode::unavailable : code);
}

}  // namespace pncp
