#include "schema/program/dotenv.hpp"

#include <algorithm>
#include <optional>

namespace pncp {
namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool valid_name(std::string_view name) {
    const auto fits = [](char letter) {
        return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
               (letter >= '0' && letter <= '9') || letter == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), fits);
}

char unescape(char letter) {
    if (letter == 'n') return '\n';
    if (letter == 't') return '\t';
    return letter;
}

/// The value of a line whose value starts with a quote; nullopt if the quote isn't closed or text follows it.
std::optional<std::string> quoted(std::string_view rest) {
    const char quote = rest[0];
    std::string value;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == quote) {
            const std::string_view after = trim(rest.substr(i + 1));
            if (!after.empty() && after[0] != '#') return std::nullopt;
            return value;
        }
        if (quote == '"' && rest[i] == '\\' && i + 1 < rest.size()) {
            value += unescape(rest[++i]);
        } else {
            value += rest[i];
        }
    }
    return std::nullopt;
}

std::string_view without_comment(std::string_view rest) {
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '#' && (i == 0 || rest[i - 1] == ' ' || rest[i - 1] == '\t'))
            return trim(rest.substr(0, i));
    }
    return rest;
}

Result<DotenvEntry> parse_line(std::string_view line, const std::string& where) {
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line = trim(line.substr(kExport.size()));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return Error{where + "no = in this line", "write NAME=value"};
    const std::string_view name = line.substr(0, equals);
    if (!valid_name(name)) {
        return Error{where + "what stands before = is not a name",
                     "use letters, digits and _, without spaces"};
    }
    const std::string_view rest = trim(line.substr(equals + 1));
    DotenvEntry entry{std::string(name), {}, 0};
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) {
        entry.value = without_comment(rest);
        return entry;
    }
    auto value = quoted(rest);
    if (!value) {
        return Error{where + "the quote of " + entry.name + " is not closed, or text follows it",
                     "close it at the end of the line"};
    }
    entry.value = std::move(*value);
    return entry;
}

}  // namespace

Result<std::vector<DotenvEntry>> parse_dotenv(std::string_view text, const std::string& file) {
    std::vector<DotenvEntry> entries;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.empty() || line[0] == '#') continue;
        auto entry = parse_line(line, file + ":" + std::to_string(number) + ": ");
        if (!entry) return entry.error();
        entry->line = number;
        entries.push_back(std::move(*entry));
    }
    return entries;
}

}  // namespace pncp
