#include "schema/program/manual.hpp"

#include <algorithm>
#include <vector>

#include "schema/program/help_parts.hpp"
#include "schema/program/version.hpp"

namespace pncp {
namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    return out;
}

/// roff_text() without the meaning of backticks, for what is typed.
std::string literal(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
            case '\\':
                out += "\\e";
                break;
            case '-':
                out += "\\-";
                break;
            case '\'':
                out += "\\(aq";
                break;
            case '`':
                out += "\\(ga";
                break;
            case '^':
                out += "\\(ha";
                break;
            case '~':
                out += "\\(ti";
                break;
            default:
                out += letter;
        }
    }
    // At the beginning of a line a full stop would be a request.
    return out.starts_with('.') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + literal(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + literal(text) + "\\fR"; }

void heading(std::string& out, std::string_view text) { out += ".SH " + upper(text) + "\n"; }

/// A paragraph with a hanging term; `term` is roff already.
void entry(std::string& out, const std::string& term, std::string_view text) {
    out += ".TP\n" + term + "\n" + roff_text(text) + "\n";
}

/// Lines as they stand.
void verbatim(std::string& out, std::string_view text) {
    out += ".RS 4\n.nf\n";
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        out += (line.empty() ? "\\&" : literal(line)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    out += ".fi\n.RE\n";
}

std::string option_term(const Setting& setting) {
    if (setting.secret) return literal(setting.key);
    std::string term = setting.letter == '\0' ? "" : bold(std::string("-") + setting.letter) + ", ";
    term += bold("--" + flag_name(setting));
    if (setting.kind == Kind::flag) return term + (setting.default_text == "true" ? bold("=false") : "");
    return term + " " + italic(value_name(setting));
}

/// Options under their groups; a group without a name has no heading.
void options(std::string& out, const std::vector<Setting>& settings, bool from_file) {
    std::vector<std::string> groups;
    for (const Setting& each : settings) {
        if (std::find(groups.begin(), groups.end(), each.group) == groups.end()) groups.push_back(each.group);
    }
    for (const std::string& group : groups) {
        if (!group.empty()) out += ".SS " + literal(group) + "\n";
        for (const Setting& each : settings) {
            if (each.group == group) entry(out, option_term(each), option_text(each, from_file));
        }
    }
}

void verbs(std::string& out, const Program& program) {
    if (program.verbs.empty()) return;
    heading(out, "Commands");
    for (const Verb& each : program.verbs) {
        out += ".SS " + literal(each.name) + "\n" + bold(program.name + " " + each.name) + " [" +
               italic("OPTION") + "...]" + (each.usage.empty() ? "" : " " + literal(each.usage)) + "\n.PP\n" +
               roff_text(each.purpose) + ".\n";
        options(out, each.settings, false);
        if (each.details.empty()) continue;
        out += ".PP\n";
        verbatim(out, each.details);
    }
}

void everywhere(std::string& out, const Program& program) {
    out += ".SS Everywhere\n";
    entry(out, bold("--config") + " " + italic("FILE"),
          "Read this configuration file" +
              (program.file.empty() ? "." : " instead of /etc/pncp/" + program.file + ".toml."));
    entry(out, bold("--check-config"), "Say what is wrong with the configuration, or that it is good.");
    entry(out, bold("-h") + ", " + bold("--help"), "Print help; after a command, that command's.");
    entry(out, bold("-V") + ", " + bold("--version"), "Print the version.");
}

std::string type_of(const Setting& setting) {
    switch (setting.kind) {
        case Kind::text:
            return "text in quotes";
        case Kind::integer:
            return "a whole number";
        case Kind::number:
            return "a number";
        case Kind::flag:
            return "true or false";
        case Kind::duration:
            return "a duration in quotes, such as \"10s\"";
        case Kind::size:
            return "a size, such as \"64KiB\"";
        case Kind::list:
            return "a list, such as [\"a\", \"b\"]";
    }
    return {};
}

}  // namespace

std::string roff_text(std::string_view text) {
    std::string out;
    bool inside = false;
    while (!text.empty()) {
        const auto tick = text.find('`');
        // A backtick without its counterpart is one that is meant.
        if (tick == std::string_view::npos || (!inside && text.find('`', tick + 1) == std::string_view::npos))
            return out + literal(text);
        out += literal(text.substr(0, tick)) + (inside ? "\\fR" : "\\fB");
        inside = !inside;
        text.remove_prefix(tick + 1);
    }
    return out;
}

std::string manual_page(const Program& program) {
    const std::string section = std::to_string(program.section);
    std::string out = ".\\\" Made from the program's own tables; see schema/program/manual.cpp.\n.TH " +
                      upper(program.name) + " " + section + " \"@DATE@\" \"PNCP " + std::string(kVersion) +
                      "\" \"PNCP manual\"\n";
    heading(out, "Name");
    std::string purpose = program.purpose;
    if (purpose.ends_with('.')) purpose.pop_back();
    out += literal(program.name) + " \\- " + roff_text(purpose) + "\n";
    // Options and variables are to be copied, so none is hyphenated.
    out += ".nh\n.ad l\n";
    heading(out, "Synopsis");
    out += bold(program.name) + " [" + italic("OPTION") + "...]" +
           (program.verbs.empty() ? "" : " " + italic("COMMAND") + " ...") +
           (program.usage.empty() ? "" : " " + literal(program.usage)) + "\n";
    heading(out, "Description");
    out += roff_text(program.purpose) + "\n";
    for (const std::string& each : program.about) out += ".PP\n" + roff_text(each) + "\n";
    verbs(out, program);
    heading(out, "Options");
    out +=
        "Settings are read, the later overriding the earlier, from the configuration file, an .env file\n"
        "beside it, the environment (the name in brackets) and the command line; see pncp.toml(5).\n";
    options(out, program.settings, true);
    everywhere(out, program);
    heading(out, "Exit status");
    for (const ExitCode code : exit_codes_of(program))
        entry(out, bold(std::to_string(number(code))), std::string(exit_code_help(code)) + ".");
    if (!program.files.empty()) heading(out, "Files");
    for (const auto& [path, what] : program.files) entry(out, italic(path), what);
    heading(out, "See also");
    out += roff_text(program.more) + "\n";
    return out;
}

std::string manual_settings(const Program& program) {
    std::string out;
    heading(out, program.name);
    out += "In " + italic("/etc/pncp/" + program.file + ".toml") + ":\n";
    for (const Setting& each : program.settings) {
        std::string text = option_text(each, true) + " It is " + type_of(each);
        if (!each.choices.empty()) text += "; one of " + value_name(each);
        entry(out, bold(each.key), text + ".");
    }
    return out;
}

}  // namespace pncp
