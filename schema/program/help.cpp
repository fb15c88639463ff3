#include "schema/program/help.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "schema/program/help_parts.hpp"
#include "schema/program/version.hpp"

namespace pncp {
namespace {

constexpr std::size_t kWidth = 80;
/// Where descriptions begin; wide enough for "  -x, --longer-option VALUE".
constexpr std::size_t kTextColumn = 30;

/// Appends `text` wrapped at spaces, each line indented by `indent`; the first one continues what is already
/// there.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent, std::size_t column) {
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        if (column > indent && column + 1 + word.size() > kWidth) {
            out += '\n';
            out.append(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    out += '\n';
}

/// "  left          right, wrapped", with the right part on its own line if the left one is too wide.
void append_entry(std::string& out, const std::string& left, const std::string& right,
                  std::size_t text_column) {
    out += left;
    if (left.size() + 2 > text_column) {
        out += '\n';
        out.append(text_column, ' ');
    } else {
        out.append(text_column - left.size(), ' ');
    }
    append_wrapped(out, right, text_column, text_column);
}

std::string option_left(const Setting& setting) {
    if (setting.secret) return "      (" + setting.key + ")";
    std::string left = setting.letter == '\0' ? "      " : std::string("  -") + setting.letter + ", ";
    left += "--" + flag_name(setting);
    if (setting.kind == Kind::flag) return left + (setting.default_text == "true" ? "=false" : "");
    return left + " " + value_name(setting);
}

void append_group(std::string& out, const std::vector<Setting>& settings, const std::string& group,
                  const std::string& heading, bool from_file) {
    out += "\n" + heading + ":\n";
    for (const Setting& each : settings) {
        if (each.group == group)
            append_entry(out, option_left(each), option_text(each, from_file), kTextColumn);
    }
}

/// `nameless` is the heading of the settings that name no group.
void append_groups(std::string& out, const std::vector<Setting>& settings, const std::string& nameless,
                   bool from_file) {
    std::vector<std::string> groups;
    for (const Setting& each : settings) {
        if (std::find(groups.begin(), groups.end(), each.group) == groups.end()) groups.push_back(each.group);
    }
    for (const std::string& group : groups)
        append_group(out, settings, group, group.empty() ? nameless : group, from_file);
}

void append_usage(std::string& out, const Program& program, const Verb* verb) {
    out += "Usage: " + program.name;
    if (verb != nullptr) {
        out += " " + verb->name + " [OPTION...]";
        if (!verb->usage.empty()) out += " " + verb->usage;
        out += "\n\n" + verb->purpose + ".\n";
        return;
    }
    out += program.verbs.empty() ? " [OPTION...]" : " [OPTION...] COMMAND ...";
    if (!program.usage.empty()) out += " " + program.usage;
    out += "\n\n" + program.purpose + "\n";
}

void append_verbs(std::string& out, const Program& program) {
    if (program.verbs.empty()) return;
    std::size_t widest = 0;
    for (const Verb& each : program.verbs) widest = std::max(widest, each.name.size());
    out += "\nCommands:\n";
    for (const Verb& each : program.verbs) append_entry(out, "  " + each.name, each.purpose, widest + 4);
    out += "'" + program.name + " COMMAND --help' says more about each.\n";
}

void append_built_in(std::string& out, const Program& program) {
    out += "\nEverywhere:\n";
    const std::string instead = program.file.empty() ? "" : " instead of /etc/pncp/" + program.file + ".toml";
    append_entry(out, "      --config FILE", "Read this configuration file" + instead + ".", kTextColumn);
    append_entry(out, "      --check-config", "Say what is wrong with the configuration, or that it is good.",
                 kTextColumn);
    append_entry(out, "  -h, --help", "Print this help.", kTextColumn);
    append_entry(out, "  -V, --version", "Print the version.", kTextColumn);
}

void append_sources(std::string& out, const Program& program) {
    if (program.settings.empty()) return;
    const Setting& example = program.settings.front();
    std::string text = "Settings are read, the later overriding the earlier, from the configuration file (";
    if (!program.file.empty()) text += "/etc/pncp/" + program.file + ".toml, ";
    text += "TOML, key " + example.key + "), an .env file beside it, the environment (" +
            variable_name(example) + ") and the command line.";
    out += '\n';
    append_wrapped(out, text, 0, 0);
}

void append_exit_codes(std::string& out, const Program& program) {
    out += "\nExit codes:\n";
    for (const ExitCode code : exit_codes_of(program)) {
        std::string digits = std::to_string(number(code));
        digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, ' ');
        append_entry(out, "  " + digits, std::string(exit_code_help(code)), 7);
    }
}

}  // namespace

std::string option_text(const Setting& setting, bool from_file) {
    std::string right = setting.help;
    if (setting.secret) right += " Never on the command line.";
    const bool plain_flag = setting.kind == Kind::flag && setting.default_text != "true";
    // A secret's default is not printed either: a placeholder someone left there would be copied.
    if (!setting.secret && !plain_flag && !setting.default_text.empty())
        right += " Default: " + setting.default_text + ".";
    if (from_file) right += " [" + variable_name(setting) + "]";
    return right;
}

std::vector<ExitCode> exit_codes_of(const Program& program) {
    if (!program.exit_codes.empty()) return program.exit_codes;
    return {ExitCode::ok, ExitCode::internal, ExitCode::usage, ExitCode::unavailable,
            ExitCode::configuration};
}

std::string help_text(const Program& program, const Verb* verb) {
    std::string out;
    append_usage(out, program, verb);
    if (verb == nullptr) append_verbs(out, program);
    if (verb != nullptr) append_groups(out, verb->settings, "Options", false);
    append_groups(out, program.settings, verb == nullptr ? "Options" : "Options of every command", true);
    append_built_in(out, program);
    append_sources(out, program);
    append_exit_codes(out, program);
    if (verb != nullptr && !verb->details.empty()) out += "\n" + verb->details + "\n";
    if (!program.more.empty()) out += "\nMore: " + program.more + "\n";
    return out;
}

std::string version_text(const Program& program) { return program.name + " " + std::string(kVersion) + "\n"; }

}  // namespace pncp
